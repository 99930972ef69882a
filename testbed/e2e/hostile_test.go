// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// residentKB is the memory of a process that is in use, in KiB.
func residentKB(t *testing.T, pid int) int {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(t, err)
			return n
		}
	}
	require.Fail(t, "no VmRSS")
	return 0
}

// attack writes all of it to a server, as far as that takes it.
func attack(t *testing.T, address string, payload []byte) {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	require.NoError(t, c.SetDeadline(time.Now().Add(2*time.Second)))
	_, _ = c.Write(payload) // a server that has enough of it closes
	require.NoError(t, c.SetDeadline(time.Now().Add(20*time.Millisecond)))
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			break
		}
	}
	require.NoError(t, c.Close())
}

func noise(seed uint64, n int) []byte {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return append(binary.BigEndian.AppendUint32(append(b, flags), stream), payload...)
}

const http2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// TestHostile: peers that lie, babble or never stop cost the collector no memory, end
// nothing, and change no count of the requests of others.
func TestHostile(t *testing.T) {
	const honest = 200
	get1 := []byte{0x82, 0x84, 0x86} // GET, /, http: of the static table
	settings := append([]byte(http2Preface), frame(4, 0, 0, nil)...)
	manyStreams := bytes.Clone(settings)
	for id := uint32(1); id < 5_000; id += 2 {
		manyStreams = append(manyStreams, frame(1, 5, id|1<<20, get1)...)
		manyStreams = append(manyStreams, frame(3, 0, id|1<<20, []byte{0, 0, 0, 8})...)
	}
	endless := bytes.Clone(settings)
	endless = append(endless, frame(1, 0, 1, get1)...)
	for range 60 {
		endless = append(endless, frame(9, 0, 1, bytes.Repeat([]byte{0x82}, 16<<10))...)
	}
	bomb := append(bytes.Clone(settings), frame(1, 5, 1, append([]byte{0x40, 1, 'a', 0x7f, 0xa1, 0x1e}, bytes.Repeat([]byte{'x'}, 4000)...))...)
	for id := uint32(3); id < 101; id += 2 {
		bomb = append(bomb, frame(1, 5, id, bytes.Repeat([]byte{0xbe}, 16<<10))...)
	}
	attacks := map[string][]byte{
		"a length of 2^31":                 []byte("POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\nabc"),
		"a length of 2^63":                 []byte("POST /ok HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775808\r\n\r\nabc"),
		"a chunk of 2^63":                  []byte("POST /ok HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc"),
		"a head without end":               append([]byte("GET /ok HTTP/1.1\r\n"), bytes.Repeat([]byte("X-Endless: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"), 40_000)...),
		"a line without end":               append([]byte("GET /"), bytes.Repeat([]byte("a"), 4<<20)...),
		"noise":                            noise(1, 1<<20),
		"noise behind a request":           append([]byte("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n"), noise(2, 1<<20)...),
		"the preface and noise":            append([]byte(http2Preface), noise(3, 1<<20)...),
		"HTTP/2, 2,500 streams":            manyStreams,
		"HTTP/2, headers without end":      endless,
		"HTTP/2, an HPACK bomb":            bomb,
		"HTTP/2, a frame of 2^24":          append(bytes.Clone(settings), append([]byte{0xff, 0xff, 0xff, 1, 4, 0, 0, 0, 1}, make([]byte, 1<<20)...)...),
		"Redis, a bulk of 2^31":            []byte("*2\r\n$3\r\nGET\r\n$2147483648\r\nabc"),
		"Redis, an array of 2^31 elements": []byte("*2147483648\r\n$3\r\nGET\r\n"),
	}
	plainName, http2Name := serviceName("nginx"), serviceName("nginx")
	b := startBed(t, bedOptions{})
	plain := nginxbed.Start(t, nginxbed.Options{Name: plainName, Locations: map[string]int{"/ok": 200}})
	multiplexed := nginxbed.Start(t, nginxbed.Options{Name: http2Name, HTTP2: true, Locations: map[string]int{"/ok": 200}})
	service := serviceName("web")
	server := startGoServer(t, service)
	client := http1Client(t)
	for range honest / 2 {
		get(t, client, "http://"+server.Address+"/ok", 200)
	}
	rounds := func(n int) {
		for range n {
			for _, payload := range attacks {
				attack(t, plain.Address, payload[:min(len(payload), 256<<10)])
				attack(t, multiplexed.Address, payload)
			}
		}
	}
	rounds(4)
	before := residentKB(t, b.PID())
	rounds(12)
	for range honest / 2 {
		get(t, client, "http://"+server.Address+"/ok", 200)
	}
	b.waitBudget(t, service, "http_availability", honest, patience)
	_ = b.settledCounts(t)
	cost := residentKB(t, b.PID()) - before
	t.Logf("%d KiB after four rounds of the attacks, and %d more after twelve further ones", before, cost)
	assert.Less(t, cost, 64<<10, "KiB that more of the same cost: what is held for them is bounded")
	b.Terminate(t)
	y := b.tallies(t)
	requireExact(t, y[service], honest, 0, 0)
	assert.NotContains(t, b.Stderr(), "panic")
	own, err := plain.Log()
	require.NoError(t, err)
	assert.LessOrEqual(t, y[plainName].total("server 2xx"), uint64(len(own)), "no answer is invented")
}
