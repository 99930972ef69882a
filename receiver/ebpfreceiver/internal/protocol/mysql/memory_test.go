// SPDX-License-Identifier: Apache-2.0

package mysql

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
		m := &memory{}
		for k := range uint32(10 * maxStatements) {
			m.keep(k, statement)
		}
		m.namespace = fmt.Sprint(strings.Repeat("d", 60), connection)
		return m
	})
}
