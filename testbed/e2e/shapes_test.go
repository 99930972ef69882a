// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/address"
)

// caller is a client with a connection that the test holds in its hand.
type caller struct {
	net.Conn
	responses *bufio.Reader
}

func dial(t *testing.T, to string) *caller {
	t.Helper()
	c, err := address.Dial(to)
	require.NoError(t, err)
	t.Cleanup(func() { c.Close() })
	return &caller{Conn: c, responses: bufio.NewReader(c)}
}

// request is a whole request for a target.
func request(target string) string { return "GET " + target + " HTTP/1.1\r\nHost: shapes\r\n\r\n" }

func (c *caller) write(t *testing.T, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
}

// read reads one response to its end and returns the length of its body.
func (c *caller) read(t *testing.T) int64 {
	t.Helper()
	response, err := http.ReadResponse(c.responses, nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode)
	n, err := io.Copy(io.Discard, response.Body)
	require.NoError(t, err)
	return n
}

func (c *caller) ask(t *testing.T, target string) int64 {
	t.Helper()
	c.write(t, request(target))
	return c.read(t)
}

// A shape is a way to send requests.
type shape struct {
	// before runs before the collector starts, and returns how many requests it
	// sent and the connections that it leaves.
	before func(t *testing.T, s *subject) (int, []*caller)
	// during sends requests and returns how many.
	during func(t *testing.T, s *subject, left []*caller) int
	// uncertain are requests behind the first of a turn whose heads are longer than what is
	// captured: that they were there tells the response to each. The server's budget has them
	// as uncertain events.
	uncertain uint64
}

// pipeline asks for n responses at a time, so many times, over one connection.
func pipeline(t *testing.T, s *subject, times, n int, ask func(c *caller, n int)) int {
	c := dial(t, s.address)
	for range times {
		ask(c, n)
		for range n {
			c.read(t)
		}
	}
	return times * n
}

var shapes = map[string]shape{
	"1 request a connection": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			for range 500 {
				c := dial(t, s.address)
				c.ask(t, s.ok)
				require.NoError(t, c.Close())
			}
			return 500
		},
	},
	"one-byte clients": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			c := dial(t, s.address)
			for range 20 {
				for _, b := range []byte(request(s.ok)) {
					_, err := c.Write([]byte{b})
					require.NoError(t, err)
					time.Sleep(50 * time.Microsecond) // so that the server may read them one by one
				}
				c.read(t)
			}
			return 20
		},
	},
	"slow clients": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			var callers []*caller
			for range 20 {
				callers = append(callers, dial(t, s.address))
			}
			text := request(s.big)
			for at := 0; at < len(text); at += 7 { // in pieces, with a pause between them
				for _, c := range callers {
					c.write(t, text[at:min(at+7, len(text))])
				}
				time.Sleep(20 * time.Millisecond)
			}
			for _, c := range callers { // what the last one is sent waits for it meanwhile
				time.Sleep(20 * time.Millisecond)
				require.EqualValues(t, bigBytes, c.read(t))
			}
			return len(callers)
		},
	},
	"responses of 10 MB": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			c := dial(t, s.address)
			for range 20 {
				require.EqualValues(t, bigBytes, c.ask(t, s.big))
			}
			return 20
		},
	},
	"pipelined, three at a time": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			return pipeline(t, s, 200, 3, func(c *caller, n int) { c.write(t, strings.Repeat(request(s.ok), n)) })
		},
	},
	"pipelined, 200 at a time": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			return pipeline(t, s, 20, 200, func(c *caller, n int) { c.write(t, strings.Repeat(request(s.ok), n)) })
		},
	},
	"pipelined, a write each": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			return pipeline(t, s, 200, 3, func(c *caller, n int) {
				for range n {
					c.write(t, request(s.ok))
				}
			})
		},
	},
	"pipelined, with bodies": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			return pipeline(t, s, 100, 4, func(c *caller, n int) {
				for range n / 2 {
					c.write(t, request(s.ok)+"POST "+s.ok+" HTTP/1.1\r\nHost: shapes\r\nContent-Length: 17\r\n\r\nGET / HTTP/1.1\r\n\r")
				}
			})
		},
	},
	"pipelined, long heads": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			cookie := "Cookie: " + strings.Repeat("c", 400) + "\r\n\r\n"
			return pipeline(t, s, 100, 3, func(c *caller, n int) {
				c.write(t, strings.Repeat(strings.TrimSuffix(request(s.ok), "\r\n")+cookie, n))
			})
		},
		uncertain: 2,
	},
	"clients that close their side after asking": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			for range 100 {
				c := dial(t, s.address)
				c.write(t, request(s.slow))
				require.NoError(t, c.Conn.(interface{ CloseWrite() error }).CloseWrite())
				_, err := io.Copy(io.Discard, c)
				require.NoError(t, err)
			}
			return 100
		},
	},
	"connections older than the agent": {
		before: func(t *testing.T, s *subject) (int, []*caller) {
			var callers []*caller
			for range 50 {
				c := dial(t, s.address)
				c.ask(t, s.ok)
				callers = append(callers, c)
			}
			return len(callers), callers
		},
		during: func(t *testing.T, s *subject, callers []*caller) int {
			for range 20 {
				for _, c := range callers {
					c.ask(t, s.ok)
				}
			}
			return 20 * len(callers)
		},
	},
	"5,000 connections": {
		during: func(t *testing.T, s *subject, _ []*caller) int {
			var callers []*caller
			for range 5000 {
				c := dial(t, s.address)
				c.write(t, request(s.slow))
				callers = append(callers, c)
			}
			for _, c := range callers {
				c.read(t)
			}
			for _, c := range callers { // all are open still
				c.ask(t, s.ok)
			}
			return 2 * len(callers)
		},
	},
}

// TestExactnessOfShapes: connections of every shape are counted like the plain
// ones, at both servers.
func TestExactnessOfShapes(t *testing.T) {
	for name, shape := range shapes {
		for server, start := range subjects {
			t.Run(fmt.Sprintf("%s/%s", name, server), func(t *testing.T) {
				live(t)
				s := start(t)
				var earlier int
				var left []*caller
				if shape.before != nil {
					earlier, left = shape.before(t, s)
				}
				b := startBed(t, bedOptions{})
				sent := shape.during(t, s, left)
				b.waitBudget(t, s.service, "http_availability", uint64(sent)-shape.uncertain, 20*time.Second)
				b.waitUncertain(t, s.service, "http_availability", shape.uncertain, 20*time.Second)
				kernel := b.settledCounts(t)
				b.Terminate(t)
				y := b.tallies(t)[s.service]
				require.NotNil(t, y)
				own := s.own(t, earlier+sent) - uint64(earlier)
				assert.EqualValues(t, sent, own)
				assert.Equal(t, own, y.server()+shape.uncertain)
				assert.Equal(t, y.server(), y.total("server 2xx"))
				assert.Zero(t, kernel.indeterminateKnown)
				exactTable.add(exactRow{
					scenario: name, server: server, own: own, spans: y.spans(), unspanned: y.unspanned(), kernel: kernel, equal: !t.Failed(),
				})
			})
		}
	}
}
