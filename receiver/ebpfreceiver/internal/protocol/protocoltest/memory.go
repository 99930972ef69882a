// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
)

// maxMemory is what may be known of one connection, in bytes.
const maxMemory = 4096

// RequireMemory asks that what make returns, for one connection each time, takes no more
// than may be known of one.
func RequireMemory(t *testing.T, make func(connection int) any) {
	const connections = 1000
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var memories [connections]any
	before := heap()
	for i := range memories {
		memories[i] = make(i)
	}
	each := (heap() - before) / connections
	t.Logf("%d bytes a connection", each)
	assert.LessOrEqual(t, each, uint64(maxMemory))
	runtime.KeepAlive(memories)
}
