// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// TestMemoryOfAConnection: however much a client prepares, what is known of its connection
// takes no more than 4 KB.
func TestMemoryOfAConnection(t *testing.T) {
	const connections, most = 1000, 4096
	statement := &sqltext.Statement{}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	memories := make([]*memory, 0, connections)
	for i := range connections {
		m := newMemory()
		for k := range 10 * maxStatements {
			m.statements.put([]byte(fmt.Sprint("statement", k)), statement)
			m.portals.put([]byte(fmt.Sprint("portal", k)), statement)
		}
		m.namespace = fmt.Sprint(strings.Repeat("d", 60), i%10)
		memories = append(memories, m)
	}
	each := (heap() - before) / connections
	t.Logf("%d bytes a connection", each)
	assert.LessOrEqual(t, each, uint64(most))
	runtime.KeepAlive(memories)
}
