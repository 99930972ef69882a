// SPDX-License-Identifier: Apache-2.0

package process

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

func TestRegistry(t *testing.T) {
	root, p := fakeProc(t, map[string]string{"cmdline": "gunicorn\x00"})
	lookups := 0
	r := &Registry{ProcRoot: root, Lookup: func(k record.Process) (*bpf.SocketProcessIdentity, bool) {
		lookups++
		return raw("nginx", "nginx\x00"), k.Tgid == 7
	}}
	known := record.Process{Tgid: 7, Start: 1}
	first := r.Get(known)
	assert.Equal(t, "nginx", first.Executable)
	assert.Same(t, first, r.Get(known))
	assert.Equal(t, 1, lookups, "the kernel is asked once")
	assert.NotSame(t, first, r.Get(record.Process{Tgid: 7, Start: 2}), "a pid that is used again")
	assert.NotSame(t, first, r.Get(record.Process{Tgid: 7, Start: 1, ExecId: 1}), "an exec")

	assert.Equal(t, "gunicorn", r.Get(p).Executable, "the kernel had no room: /proc tells")
	assert.Equal(t, &Identity{PID: 99, Executable: "unknown"}, r.Get(record.Process{Tgid: 99}), "and it is gone")
	assert.Equal(t, &Identity{Executable: "unknown"}, r.Get(record.Process{}), "the aggregates of no process")

	n := r.Len()
	assert.Same(t, first, r.Forget(known))
	assert.Equal(t, n-1, r.Len())
	assert.Nil(t, r.Forget(known))
	assert.NotSame(t, first, r.Get(known))
}

func TestRegistryBound(t *testing.T) {
	r := &Registry{ProcRoot: t.TempDir(), Lookup: func(record.Process) (*bpf.SocketProcessIdentity, bool) { return nil, false }}
	for i := range uint64(maxKnown) {
		r.Get(record.Process{Start: i})
	}
	require.Equal(t, maxKnown, r.Len())
	one, other := r.Get(record.Process{Start: maxKnown}), r.Get(record.Process{Start: maxKnown + 1})
	assert.Same(t, one, other, "one identity stands for all the others")
	assert.Equal(t, "unknown", one.Executable)
	assert.Equal(t, maxKnown, r.Len())
}

func TestRegistryFromManyGoroutines(t *testing.T) {
	r := &Registry{ProcRoot: t.TempDir(), Lookup: func(record.Process) (*bpf.SocketProcessIdentity, bool) { return raw("a", ""), true }}
	seen := make([][100]*Identity, 8)
	var wg sync.WaitGroup
	for g := range seen {
		wg.Go(func() {
			for i := range seen[g] {
				seen[g][i] = r.Get(record.Process{Start: uint64(i)})
			}
		})
	}
	wg.Wait()
	for g := range seen {
		for i := range seen[g] {
			require.Same(t, seen[0][i], seen[g][i])
		}
	}
}

func TestPutResource(t *testing.T) {
	id := &Identity{
		PID: 42, Executable: "nginx", Path: "/usr/sbin/nginx", Args: []string{"nginx", "-g"}, ContainerID: id64,
		ServiceName: "shop", Attributes: map[string]string{"team": "web", "process.pid": "1"},
	}
	res := pcommon.NewResource()
	id.PutResource(res)
	assert.Equal(t, map[string]any{
		"team": "web", "service.name": "shop", "process.pid": int64(42), "process.executable.name": "nginx",
		"process.executable.path": "/usr/sbin/nginx", "process.command_args": []any{"nginx", "-g"}, "container.id": id64,
	}, res.Attributes().AsRaw(), "what was seen counts more than what the process says")

	res = pcommon.NewResource()
	(&Identity{Executable: "unknown"}).PutResource(res)
	assert.Equal(t, map[string]any{"process.pid": int64(0), "process.executable.name": "unknown"}, res.Attributes().AsRaw())
}
