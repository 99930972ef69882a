// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// TestMidwayInABody: a connection that is older than the capture and in the middle of a
// long body is not given up, in whichever direction it goes: what is asked behind it is
// counted.
func TestMidwayInABody(t *testing.T) {
	eachBackend(t, "midway in a body", testMidwayInABody)
}

func testMidwayInABody(t *testing.T, name string) {
	const (
		pieces, turns = 1000, 5
		httpGet       = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"
		httpOK        = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	)
	piece := strings.Repeat("x", 100)
	for what, upload := range map[string]bool{"a download": false, "an upload": true} {
		client, server, err := connected()
		require.NoError(t, err)
		port := uint16(server.LocalAddr().(*net.TCPAddr).Port)
		pass := func(from, to net.Conn, what string) {
			_, err := io.WriteString(from, what)
			require.NoError(t, err)
			_, err = io.ReadFull(to, make([]byte, len(what)))
			require.NoError(t, err)
		}
		if upload {
			pass(client, server, "PUT /f HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
		} else {
			pass(client, server, httpGet)
			pass(server, client, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
		}
		c := open(t, name, 1<<20)
		require.NoError(t, c.objects.SelfTgid.Set(uint32(0))) // this process plays both sides
		for range pieces {
			if upload {
				pass(client, server, piece)
			} else {
				pass(server, client, piece)
			}
		}
		if upload {
			pass(server, client, httpOK)
		}
		for range turns {
			pass(client, server, httpGet)
			pass(server, client, httpOK)
		}
		got := map[uint8]int{}
		drain := func() bool {
			require.NoError(t, c.Drain(func(sample []byte) {
				kind, err := record.KindOf(sample)
				require.NoError(t, err)
				if kind != record.KindExchange {
					return
				}
				var e record.Exchange
				require.NoError(t, record.DecodeExchange(sample, &e))
				if int(e.Process.Tgid) == unix.Getpid() && (e.LocalPort == port || e.RemotePort == port) {
					got[e.Role]++
				}
			}))
			return got[record.RoleServer] >= turns && got[record.RoleClient] >= turns
		}
		for deadline := time.Now().Add(time.Second); !drain() && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		assert.Equal(t, map[uint8]int{record.RoleServer: turns, record.RoleClient: turns}, got, what)
		require.NoError(t, client.Close())
		require.NoError(t, server.Close())
	}
}
