// SPDX-License-Identifier: Apache-2.0

package redis

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

func TestExchanges(t *testing.T) { protocoltest.Run(t, Parser{}) }

func BenchmarkParse(b *testing.B) { protocoltest.Bench(b, Parser{}, protocoltest.Load(b)) }

func BenchmarkExchange(b *testing.B) {
	protocoltest.BenchExchange(b, Parser{}, protocoltest.Load(b), "get")
}

func FuzzParse(f *testing.F) { protocoltest.Fuzz(f, Parser{}) }

// TestNames: the table is in the form that names are compared in.
func TestNames(t *testing.T) {
	for name := range names {
		assert.LessOrEqual(t, len(name), maxName, name)
		assert.Equal(t, command{name: name, blocking: waits[name] != ""}, lookUp([]byte(name)))
	}
	for name := range waits {
		assert.Contains(t, names, name)
	}
}
