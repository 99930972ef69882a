// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

var parser = Parser{System: semconv.SystemMariaDB}

func TestExchanges(t *testing.T) { protocoltest.Run(t, parser) }

func BenchmarkParse(b *testing.B) { protocoltest.Bench(b, parser, protocoltest.Load(b)) }

func FuzzParse(f *testing.F) { protocoltest.Fuzz(f, parser) }

// TestManyStatements: of more prepared statements than are remembered the latest are, and
// ids that begin anew mean what they mean now.
func TestManyStatements(t *testing.T) {
	m := parser.NewMemory().(*memory)
	statement := func(i uint32) *sqltext.Statement { return &sqltext.Statement{Operation: fmt.Sprint(i)} }
	for i := range uint32(1000) {
		m.keep(i+1, statement(i+1))
	}
	assert.Len(t, m.statements, maxStatements)
	assert.Nil(t, m.statement(1000-maxStatements))
	for i := uint32(1000 - maxStatements + 1); i <= 1000; i++ {
		assert.Equal(t, statement(i), m.statement(i))
	}
	m.keep(990, statement(7))
	assert.Equal(t, statement(7), m.statement(990))
	m.keep(3, statement(3))
	assert.Len(t, m.statements, maxStatements)
	assert.Equal(t, statement(3), m.statement(3))
}
