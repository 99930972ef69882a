// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestMidwayInABody: a connection that is older than the capture and in the middle of a
// long body is not given up, in whichever direction it goes, nor by one read of it that
// tells nothing: what is asked behind it is counted.
func TestMidwayInABody(t *testing.T) {
	eachBackend(t, "midway in a body", testMidwayInABody)
}

func testMidwayInABody(t *testing.T, name string) {
	const turns = 5
	tests := map[string]struct {
		upload, unreadable bool // unreadable: the first piece, at the server
		pieces             int
	}{
		"a download": {pieces: 1000},
		"an upload":  {pieces: 1000, upload: true},
		"the end of an upload, of which a read tells nothing": {pieces: 2, upload: true, unreadable: true},
	}
	piece := strings.Repeat("x", 100)
	for what, tt := range tests {
		client, server, err := connected()
		require.NoError(t, err)
		port := uint16(server.LocalAddr().(*net.TCPAddr).Port)
		if tt.upload {
			pass(t, client, server, "PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
		} else {
			pass(t, client, server, httpGet)
			pass(t, server, client, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		}
		c := open(t, name, 1<<20)
		require.NoError(t, c.objects.SelfTgid.Set(uint32(0))) // this process plays both sides
		for n := range tt.pieces {
			switch {
			case n == 0 && tt.unreadable:
				passByRing(t, client, server, piece)
			case tt.upload:
				pass(t, client, server, piece)
			default:
				pass(t, server, client, piece)
			}
		}
		if tt.upload {
			pass(t, server, client, httpOK)
		}
		for range turns {
			pass(t, client, server, httpGet)
			pass(t, server, client, httpOK)
		}
		got := map[uint8]int{}
		for _, e := range awaitExchanges(t, c, 2*turns, func(e *record.Exchange) bool {
			return int(e.Process.Tgid) == unix.Getpid() && (e.LocalPort == port || e.RemotePort == port)
		}) {
			got[e.Role]++
		}
		assert.Equal(t, map[uint8]int{record.RoleServer: turns, record.RoleClient: turns}, got, what)
		require.NoError(t, client.Close())
		require.NoError(t, server.Close())
	}
}

// passByRing is pass with a read by io_uring, whose buffer no hook finds.
func passByRing(t *testing.T, from, to *net.TCPConn, what string) {
	t.Helper()
	_, err := from.Write([]byte(what))
	require.NoError(t, err)
	raw, err := to.SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		var n int
		n, err = byRing(0, false).receive(int(fd), make([]byte, len(what)))
		assert.Equal(t, len(what), n)
	}))
	require.NoError(t, err)
}
