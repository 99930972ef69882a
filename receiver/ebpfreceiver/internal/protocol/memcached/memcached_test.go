// SPDX-License-Identifier: Apache-2.0

package memcached

import (
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

func TestExchanges(t *testing.T) { protocoltest.Run(t, Parser{}) }

func BenchmarkParse(b *testing.B) { protocoltest.Bench(b, Parser{}, protocoltest.Load(b)) }

func FuzzParse(f *testing.F) { protocoltest.Fuzz(f, Parser{}) }
