// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// asked is one request of a crowd: from before it was written until after its
// response was read.
type asked struct{ from, to time.Time }

// crowd sends requests with ids without a pause.
type crowd struct {
	mu    sync.Mutex
	asked map[string]asked
	stop  atomic.Bool
	ended sync.WaitGroup
}

// askOn starts callers that ask one request after the other until stop.
func (c *crowd) askOn(t *testing.T, s *subject, callers int) {
	c.asked = map[string]asked{}
	for n := range callers {
		caller := dial(t, s.address)
		c.ended.Go(func() {
			for i := 0; !c.stop.Load(); i++ {
				id := fmt.Sprintf("%d-%d", n, i)
				from := time.Now()
				if !assert.NoError(t, caller.askID(s.id+id)) {
					return
				}
				c.mu.Lock()
				c.asked[id] = asked{from, time.Now()}
				c.mu.Unlock()
			}
		})
	}
}

// askID sends a request that is answered with 404, and reads its response.
func (c *caller) askID(target string) error {
	if _, err := io.WriteString(c, request(target)); err != nil {
		return err
	}
	response, err := http.ReadResponse(c.responses, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusNotFound {
		return fmt.Errorf("%s: status %d", target, response.StatusCode)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func (c *crowd) finish() {
	c.stop.Store(true)
	c.ended.Wait()
}

// watch is the time in which a collector was there for every request.
type watch struct{ ready, asked, ended, launched time.Time }

// wholeSecond is a ring that takes what a watch may see however late the reader is:
// requests that the kernel counts have no id to look at.
const wholeSecond = `{ring_buffer: 134217728}`

// TestExactnessOverRestarts: the collector is started, stopped and started again
// under load. Each request that was sent after it was ready and answered before it
// was asked to stop is counted once; one that was answered before it was launched,
// or sent after it had ended, not at all; those in flight at the attaching or the
// detaching are the boundary: once at most, and listed.
func TestExactnessOverRestarts(t *testing.T) {
	for server, start := range subjects {
		t.Run(server, func(t *testing.T) {
			live(t)
			s := start(t)
			var c crowd
			c.askOn(t, s, 8)
			var watches []watch
			counted := map[string]int{}
			var spans, unspanned uint64
			var kernel kernelCounts
			for range 3 {
				time.Sleep(200 * time.Millisecond) // nobody watches
				var w watch
				w.launched = time.Now()
				b := startBed(t, bedOptions{ebpf: wholeSecond})
				w.ready = time.Now()
				time.Sleep(time.Second)
				k := b.runningCounts(t)
				kernel.recursionMisses += k.recursionMisses
				kernel.spilled += k.spilled
				kernel.storage += k.storage
				w.asked = time.Now()
				b.Terminate(t)
				w.ended = time.Now()
				watches = append(watches, w)
				y := b.tallies(t)[s.service]
				require.NotNil(t, y)
				spans, unspanned = spans+y.spans(), unspanned+y.unspanned()
				for id, n := range s.spansByID(t, b) {
					counted[id] += n
				}
			}
			c.finish()

			boundary := uint64(0)
			once, never := 0, 0
			for id, a := range c.asked {
				n := counted[id]
				switch watchOf(watches, a) {
				case watched:
					once++
					assert.Equal(t, 1, n, "request %s", id)
				case unwatched:
					never++
					assert.Zero(t, n, "request %s was sent while nobody watched", id)
				default:
					boundary++
					assert.LessOrEqual(t, n, 1, "request %s", id)
				}
				delete(counted, id)
			}
			assert.Empty(t, counted, "spans of requests that nobody sent")
			assert.Zero(t, unspanned, "without a span there is no id to look at")
			assert.Greater(t, once, 100)
			assert.Greater(t, never, 10)
			assert.Equal(t, uint64(len(c.asked)), s.own(t, len(c.asked)))
			exactTable.add(exactRow{
				scenario: "restarted under load, 3 times", server: server, own: uint64(len(c.asked)), spans: spans, unspanned: unspanned,
				kernel: kernel, boundary: boundary, equal: !t.Failed(),
			})
			t.Logf("%d watched, %d unwatched, %d at the boundary", once, never, boundary)
		})
	}
}

type seenBy int

const (
	atBoundary seenBy = iota
	watched
	unwatched
)

// watchOf tells whether a request was wholly in a watch, or wholly outside of all.
func watchOf(watches []watch, a asked) seenBy {
	outside := true
	for _, w := range watches {
		if a.from.After(w.ready) && a.to.Before(w.asked) {
			return watched
		}
		outside = outside && (a.to.Before(w.launched) || a.from.After(w.ended))
	}
	if outside {
		return unwatched
	}
	return atBoundary
}

// spansByID counts the server's spans by the id in their path.
func (s *subject) spansByID(t *testing.T, b *bed) map[string]int {
	t.Helper()
	out := map[string]int{}
	for span := range b.spansOf(t, s.service) {
		if span.Kind() == ptrace.SpanKindServer {
			out[s.idOf(str(span.Attributes(), semconv.URLPath))]++
		}
	}
	return out
}

func TestWatchOf(t *testing.T) {
	at := func(second int) time.Time { return time.Unix(int64(second), 0) }
	watches := []watch{
		{launched: at(10), ready: at(12), asked: at(20), ended: at(21)},
		{launched: at(30), ready: at(32), asked: at(40), ended: at(41)},
	}
	for name, want := range map[string]seenBy{
		"5 9": unwatched, "22 29": unwatched, "42 43": unwatched, "13 19": watched, "33 34": watched,
		"9 13": atBoundary, "11 13": atBoundary, "19 22": atBoundary, "5 50": atBoundary, "20 33": atBoundary,
	} {
		var from, to string
		_, err := fmt.Sscan(name, &from, &to)
		require.NoError(t, err)
		f, _ := strconv.Atoi(from)
		u, _ := strconv.Atoi(to)
		assert.Equal(t, want, watchOf(watches, asked{at(f), at(u)}), name)
	}
}
