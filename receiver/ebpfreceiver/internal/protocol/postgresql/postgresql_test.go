// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

func TestExchanges(t *testing.T) { protocoltest.Run(t, Parser{}) }

func BenchmarkParse(b *testing.B) { protocoltest.Bench(b, Parser{}, protocoltest.Load(b)) }

// BenchmarkExchange is a statement of the extended protocol: unnamed, which brings its
// text, and prepared, whose text is remembered.
func BenchmarkExchange(b *testing.B) {
	for _, name := range []string{"unnamed", "prepared"} {
		b.Run(name, func(b *testing.B) { protocoltest.BenchExchange(b, Parser{}, protocoltest.Load(b), name) })
	}
}

func FuzzParse(f *testing.F) { protocoltest.Fuzz(f, Parser{}) }
