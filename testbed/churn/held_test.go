// SPDX-License-Identifier: Apache-2.0

package churn

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// held is what the collector holds at a moment.
type held struct {
	goroutines int
	// descriptors by kind; those of sockets come and go and are counted apart
	descriptors map[string]int
	sockets     int
	// ended counts entries of the kernel's maps that are about processes of this
	// test that are gone, by map: others on the host come and go as well
	ended      map[string]int
	ownFlows   int
	residentMB float64
	// liveMB is what the heap holds after a collection
	liveMB float64
}

func (h held) String() string {
	return fmt.Sprintf("%d goroutines, descriptors %v and %d sockets, map entries of ended processes %v, %d own flows, %.1f MB live, %.1f MB resident",
		h.goroutines, h.descriptors, h.sockets, h.ended, h.ownFlows, h.liveMB, h.residentMB)
}

// look reads what the collector holds.
func (b *bed) look(t *testing.T) held {
	t.Helper()
	c := b.collector
	t.Helper()
	h := held{descriptors: map[string]int{}, ended: map[string]int{}, residentMB: residentMB(t, c.PID())}
	dir := fmt.Sprintf("/proc/%d/", c.PID())
	entries, err := os.ReadDir(dir + "fd")
	require.NoError(t, err)
	for _, e := range entries {
		target, err := os.Readlink(dir + "fd/" + e.Name())
		if err != nil {
			continue // closed meanwhile
		}
		kind, _, _ := strings.Cut(target, ":[")
		if kind == "socket" {
			h.sockets++
			continue
		}
		h.descriptors[kind]++
		if strings.Contains(kind, "bpf-map") {
			b.lookAtMap(t, &h, dir+"fdinfo/"+e.Name())
		}
	}
	h.goroutines = goroutines(t, b.pprof)
	h.liveMB = liveMB(t, b.pprof)
	return h
}

// lookAtMap counts entries of a map whose descriptor the collector holds.
func (b *bed) lookAtMap(t *testing.T, h *held, fdinfo string) {
	t.Helper()
	raw, err := os.ReadFile(fdinfo)
	if err != nil {
		return // closed meanwhile
	}
	_, rest, _ := strings.Cut(string(raw), "map_id:\t")
	line, _, _ := strings.Cut(rest, "\n")
	id, err := strconv.Atoi(line)
	require.NoError(t, err)
	m, err := ebpf.NewMapFromID(ebpf.MapID(id))
	if errors.Is(err, os.ErrNotExist) {
		return
	}
	require.NoError(t, err)
	defer m.Close()
	info, err := m.Info()
	require.NoError(t, err)
	switch info.Name {
	case "processes", "aggregates": // their keys begin with the process's
		h.ended[info.Name] = 0
		for _, key := range keys(t, m) {
			pid, start := binary.NativeEndian.Uint32(key), binary.NativeEndian.Uint64(key[8:])
			if b.started[image{int(pid), start / 1e7}] && gone(pid) {
				h.ended[info.Name]++
			}
		}
	case "own_flows":
		h.ownFlows = len(keys(t, m))
	}
}

func gone(pid uint32) bool {
	_, err := os.Stat(fmt.Sprintf("/proc/%d", pid))
	return err != nil
}

// keys walks over a map without its values.
func keys(t *testing.T, m *ebpf.Map) [][]byte {
	t.Helper()
	var out [][]byte
	key, err := m.NextKeyBytes(nil)
	for ; err == nil && key != nil; key, err = m.NextKeyBytes(key) {
		out = append(out, key)
		require.LessOrEqual(t, len(out), 1<<20, "the walk does not end")
	}
	require.NoError(t, err)
	return out
}

// goroutines asks the collector.
func goroutines(t *testing.T, pprof string) int {
	t.Helper()
	var n int
	_, err := fmt.Sscanf(profile(t, pprof, "goroutine?debug=1"), "goroutine profile: total %d", &n)
	require.NoError(t, err)
	return n
}

// liveMB has the collector collect its garbage, and asks what is left.
func liveMB(t *testing.T, pprof string) float64 {
	t.Helper()
	if *profiles != "" {
		name := fmt.Sprintf("%s/heap-%d.pprof", *profiles, time.Now().Unix())
		require.NoError(t, os.WriteFile(name, []byte(profile(t, pprof, "heap?gc=1")), 0o600))
	}
	_, rest, found := strings.Cut(profile(t, pprof, "heap?gc=1&debug=1"), "# HeapAlloc = ")
	require.True(t, found)
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseUint(line, 10, 64)
	require.NoError(t, err)
	return float64(n) / 1e6
}

// profile asks the collector for one of itself.
func profile(t *testing.T, pprof, which string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	response, err := client.Get("http://" + pprof + "/debug/pprof/" + which)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

// settled waits until the collector is at rest and holds nothing of ended
// processes, and returns what it holds then.
func (b *bed) settled(t *testing.T) held {
	t.Helper()
	var last held
	require.Eventually(t, func() bool {
		before := last
		last = b.look(t)
		return last.ended["processes"] == 0 && last.sockets == before.sockets
	}, grace, time.Second, "the start: %s", &last)
	return last
}

// spare are sockets, and goroutines besides those of sockets, that may be more at
// the end than at the start: of an export that is under way on a host that goes on,
// of a connection that was given up, of the question itself. What each of fifty
// reloads or each failed export left behind would be many more.
const spare = 5

// requireBack waits until the collector holds what it held at the start.
func (b *bed) requireBack(t *testing.T, start held) held {
	t.Helper()
	var last held
	assert.EventuallyWithT(t, func(ct *assert.CollectT) {
		last = b.look(t)
		// a connection has two goroutines at most, and what else goes on is exported meanwhile
		assert.LessOrEqual(ct, last.goroutines-2*last.sockets, start.goroutines-2*start.sockets+spare, "goroutines that are no connection's")
		assert.True(ct, maps.Equal(start.descriptors, last.descriptors), "descriptors: %v, at the start %v", last.descriptors, start.descriptors)
		assert.LessOrEqual(ct, last.sockets, start.sockets+spare, "sockets")
		assert.Equal(ct, 0, last.ended["processes"], "map entries of ended processes")
		assert.Equal(ct, start.ended["aggregates"], last.ended["aggregates"], "aggregates of ended processes")
		assert.LessOrEqual(ct, last.ownFlows, last.sockets, "own flows")
	}, grace, time.Second)
	return last
}
