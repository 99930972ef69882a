// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// TestMemoryOfAConnection: however much a client prepares, what is known of its connection
// is bounded.
func TestMemoryOfAConnection(t *testing.T) {
	statement := &sqltext.Statement{}
	protocoltest.RequireMemory(t, func(connection int) any {
		m := newMemory()
		for k := range 10 * maxStatements {
			m.statements.put([]byte(fmt.Sprint("statement", k)), statement)
			m.portals.put([]byte(fmt.Sprint("portal", k)), statement)
		}
		m.namespace = fmt.Sprint(strings.Repeat("d", 60), connection)
		return m
	})
}
