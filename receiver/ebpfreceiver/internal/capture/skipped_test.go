// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// without does something while one of the hooks is away: what the kernel does with a
// hook that it skips, but when the test wants it.
func (c *Capture) without(t *testing.T, program string, do func()) {
	t.Helper()
	for i, h := range c.hooks {
		if h.Program != program {
			continue
		}
		require.NoError(t, c.links[i].Close())
		do()
		var err error
		c.links[i], err = h.Attach(c.programs[program])
		require.NoError(t, err)
		return
	}
	require.Fail(t, "no such hook", program)
}

// stepByStep makes the peers do a step of a turn for each line: the request, the head of
// the response, its body.
const stepByStep = "steps"

func playSteps(turns <-chan int, done func()) error {
	client, server, err := connected()
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	head := len(httpResponse) - bodyBytes
	steps := []struct {
		from, to net.Conn
		what     string
	}{{client, server, httpRequest}, {server, client, httpResponse[:head]}, {server, client, httpResponse[head:]}}
	for step := 0; ; step = (step + 1) % len(steps) {
		if _, more := <-turns; !more {
			return nil
		}
		s := steps[step]
		if _, err := io.WriteString(s.from, s.what); err != nil {
			return err
		}
		if _, err := io.ReadFull(s.to, make([]byte, len(s.what))); err != nil {
			return err
		}
		done()
	}
}

// TestSkippedHooks: an exchange of which a hook was skipped is missing, once, at the
// side whose hook it was, unless it was answered already; and the exchanges after it
// are themselves: none takes the response of another.
func TestSkippedHooks(t *testing.T) {
	const turns, skippedTurn = 8, 3
	tests := []struct {
		what    string
		peers   string
		steps   int // of a turn
		step    int
		send    bool // the hook that is away, else that of receives
		missing missing
		lost    uint64 // of exchanges that had been opened
		unknown int    // statuses
	}{
		{"a client's request", hiddenMidway, 2, 0, true, missing{"client gap": 1}, 0, 0},
		{"a server's request", hiddenMidway, 2, 0, false, missing{"server gap": 1}, 0, 0},
		{"a server's response", hiddenMidway, 2, 1, true, missing{"server gap": 1}, 1, 0},
		{"a client's response", hiddenMidway, 2, 1, false, missing{"client gap": 1}, 1, 0},
		{"a server's head", stepByStep, 3, 1, true, missing{}, 0, 1}, // answered by its body
		{"a client's head", stepByStep, 3, 1, false, missing{}, 0, 1},
		{"a server's body", stepByStep, 3, 2, true, missing{}, 0, 0},
		{"a client's body", stepByStep, 3, 2, false, missing{}, 0, 0},
	}
	programs := map[string]map[bool]string{
		backend.Socket: {true: "sock_send", false: "sock_recv"},
		backend.Fexit:  {true: "inet_send", false: "inet_recv"},
	}
	for _, b := range backend.All() {
		t.Run(b.Name, func(t *testing.T) {
			c := open(t, b.Name, 32<<20)
			for _, tt := range tests {
				t.Run(tt.what, func(t *testing.T) {
					t.Cleanup(func() { printResult(t, b.Name, "a skipped hook: "+tt.what, "as told") })
					before := lost(t, &run{Capture: c}, "response_unseen")
					var p *peers
					for try, others := 0, uint64(1); others > 0; try++ {
						require.Less(t, try, 40, "no run in which the kernel skipped none itself")
						others = skipped(t, c)
						p = startPeers(t, tt.peers)
						for turn := range turns {
							for step := range tt.steps {
								play := func() { p.play(t, 1) }
								if turn == skippedTurn && step == tt.step {
									c.without(t, programs[b.Name][tt.send], play)
								} else {
									play()
								}
							}
						}
						others = skipped(t, c) - others
					}
					gone := tt.missing["server gap"] + tt.missing["client gap"]
					found, unknown := map[string]uint64{}, 0
					for _, e := range settled(t, c, p.pid, p.pid, 2*turns-int(gone)) {
						found[map[uint8]string{record.RoleServer: "server", record.RoleClient: "client"}[e.Role]]++
						assert.Equal(t, httpRequest, string(e.Request()))
						assert.EqualValues(t, len(httpRequest), e.RequestBytes, "of one request")
						if e.Status == 0 {
							unknown++
						} else {
							assert.EqualValues(t, 200, e.Status)
						}
					}
					assert.Equal(t, tt.unknown, unknown, "statuses that are not known")
					for _, side := range []string{"server", "client"} {
						assert.EqualValues(t, turns, found[side]+tt.missing[side+" gap"], side)
					}
					assert.Equal(t, tt.missing, missingOf(t, c, p.pid))
					assert.GreaterOrEqual(t, lost(t, &run{Capture: c}, "response_unseen")-before, tt.lost, "the hook was away for all of this host")
				})
			}
		})
	}
}
