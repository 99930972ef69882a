// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// A mixedTurn is what passes in one, in the pieces that it is written in.
type mixedTurn struct {
	asked, said []string
	status      uint16
}

func (m mixedTurn) request() string { return strings.Join(m.asked, "") }

// final is the response without interim ones.
func (m mixedTurn) final() string {
	said := strings.Join(m.said, "")
	for strings.HasPrefix(said, "HTTP/1.1 1") {
		_, said, _ = strings.Cut(said, "\r\n\r\n")
	}
	return said
}

// mixedTurns are turns that the kernel goes the short way with (bpf/include/turn.h), and
// turns that it does not, each behind one of the other kind.
var mixedTurns = []mixedTurn{
	{[]string{httpGet}, []string{httpOK}, 200},
	{[]string{"POST /orders HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody"}, []string{"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"}, 201},
	{[]string{"POST /orders HTTP/1.1\r\nContent-Length: 4\r\n\r\n", "body"}, []string{httpOK}, 200},
	{[]string{"POST /names HTTP/1.1\r\nContent-Length: 5\r\n\r\nANNE!"}, []string{httpOK}, 200},
	{[]string{"PUT /orders/1 HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}"}, []string{"HTTP/1.1 204 No Content\r\n\r\n"}, 204},
	{[]string{"DELETE /orders/1 HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, 404},
	{[]string{"PROPFIND / HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 207 Multi-Status\r\nContent-Length: 0\r\n\r\n"}, 207},
	{[]string{"G", "ET /first HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 ", "503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"}, 503},
	{[]string{"PATCH /orders/1 HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"}, []string{"HTTP/1.1 100 Continue\r\n\r\n", httpOK}, 200},
	{[]string{"HEAD / HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n"}, 200},
	{[]string{"GET /long HTTP/1.1\r\nCookie: " + strings.Repeat("c", 600) + "\r\n\r\n"}, []string{"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("x", 2000)}, 200},
	{[]string{httpGet}, []string{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n", "0\r\n\r\n"}, 200},
	{[]string{"OPTIONS * HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 10\r\n\r\n", "0123456789"}, 500},
	{[]string{"CONNECT shop:443 HTTP/1.1\r\n\r\n"}, []string{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}, 403},
	{[]string{httpGet}, []string{httpOK}, 200},
}

// TestMixedTurns: on one connection, turns of all kinds are told alike, each once.
func TestMixedTurns(t *testing.T) {
	eachBackend(t, "turns of all kinds on one connection", func(t *testing.T, name string) {
		c, client, server, port := openBoth(t, name)
		for range 3 {
			for _, turn := range mixedTurns {
				for _, piece := range turn.asked {
					pass(t, client, server, piece)
				}
				for _, piece := range turn.said {
					pass(t, server, client, piece)
				}
			}
		}
		require.NoError(t, c.Detach())

		next := map[uint8]int{}
		drainExchanges(t, c, func(e *record.Exchange) {
			if e.LocalPort != port && e.RemotePort != port {
				return
			}
			n := next[e.Role]
			next[e.Role]++
			turn := mixedTurns[n%len(mixedTurns)]
			request, final := turn.request(), turn.final()
			assert.Equal(t, record.Answered, e.Outcome, request)
			assert.Equal(t, turn.status, e.Status, request)
			assert.EqualValues(t, n+1, e.Sequence, request)
			assert.EqualValues(t, len(request), e.RequestBytes, request)
			assert.True(t, strings.HasPrefix(request, string(e.Request())), "%q", e.Request())
			assert.GreaterOrEqual(t, len(e.Request()), min(len(request), 256), request) // all that is captured of it
			assert.True(t, strings.HasPrefix(final, string(e.Response())), "%q of %q", e.Response(), final)
			assert.GreaterOrEqual(t, e.EndNs, e.StartNs, request)
			assert.Equal(t, e.Role == record.RoleServer, e.Flags&record.FlagQueueKnown != 0, request)
		})
		n := 3 * len(mixedTurns)
		assert.Equal(t, map[uint8]int{record.RoleServer: n, record.RoleClient: n}, next)
	})
}
