// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// sight is what can be seen of one side's exchanges.
type sight int

const (
	seenWhole  sight = iota // each, with what it asked and what the answer was
	statusless              // each, but not what the answer was
	unseen                  // none, and none is invented
)

func (s sight) String() string {
	return [...]string{"exact", "exact, without the status", "not seen"}[s]
}

// A shape is a kind of connection and the ways that its sides use it.
type shape struct {
	what           string // in words: the feature of the matrix
	connect        connector
	server, client way
	// What is to be seen. Of the other sides all is.
	atServer, atClient sight
	family             uint16
	missing            string // as what the exchanges are counted that are not seen
	// queueless shapes have no queue time: the kernel keeps no stream positions there.
	queueless bool
	// coalesced bytes may arrive in one lump while the socket is locked. Of the first lump of a connection it is not
	// known then, in the first minute of a capture, whether it is older than that: there may be no queue time.
	coalesced bool
	// handed connections are served by another process than accepted them.
	handed bool
	// single turns have a connection each, of which the client closes its side after asking.
	single bool
}

var shapes = []shape{
	{what: "read, write", connect: tcp4, server: plain, client: plain, family: unix.AF_INET},
	{what: "sendto, recvfrom", connect: tcp4, server: flagged, client: flagged, family: unix.AF_INET},
	{what: "readv, writev", connect: tcp4, server: vectors, client: vectors, family: unix.AF_INET},
	{what: "preadv2, pwritev2", connect: tcp4, server: positioned, client: positioned, family: unix.AF_INET},
	{what: "sendmsg, recvmsg", connect: tcp4, server: messages, client: messages, family: unix.AF_INET},
	{what: "sendmmsg, recvmmsg of one message", connect: tcp4, server: single, client: single, family: unix.AF_INET},
	{what: "a response by sendmmsg of two", connect: tcp4, server: way{severalAtOnce.send, unix.Read}, client: plain, atServer: statusless, family: unix.AF_INET},
	{what: "MSG_PEEK before each read", connect: tcp4, server: peeking, client: peeking, family: unix.AF_INET},
	{what: "reads of one byte", connect: tcp4, server: byteByByte, client: byteByByte, family: unix.AF_INET},
	{what: "writes of one byte", connect: tcp4, server: bytesApart, client: bytesApart, family: unix.AF_INET, coalesced: true},
	{what: "a body by sendfile", connect: tcp4, server: fileBody, client: plain, family: unix.AF_INET},
	{what: "a response by sendfile", connect: tcp4, server: file, client: plain, atServer: statusless, family: unix.AF_INET},
	{what: "a body spliced to the socket", connect: tcp4, server: splicedBody, client: plain, family: unix.AF_INET},
	{what: "a response spliced to the socket", connect: tcp4, server: way{spliceTo, unix.Read}, client: plain, atServer: statusless, family: unix.AF_INET},
	{what: "requests spliced from the socket", connect: tcp4, server: way{plain.send, spliceFrom}, client: plain, atServer: unseen, missing: "server request_unseen", family: unix.AF_INET},
	{what: "io_uring at the server", connect: tcp4, server: byRing(0, false), client: plain, atServer: unseen, missing: "server unreadable", family: unix.AF_INET},
	{what: "io_uring at the server, armed", connect: tcp4, server: byRing(0, true), client: plain, atServer: unseen, missing: "server unreadable", family: unix.AF_INET},
	{what: "io_uring at the server, polled", connect: tcp4, server: byRing(ringSetupPolled, true), client: plain, atServer: unseen, missing: "server unreadable", family: unix.AF_INET},
	{what: "io_uring at the client", connect: tcp4, server: plain, client: byRing(0, true), atClient: unseen, missing: "client unreadable", family: unix.AF_INET},
	{what: "a response by io_uring", connect: tcp4, server: way{byRing(0, true).send, unix.Read}, client: plain, atServer: statusless, family: unix.AF_INET},
	{what: "IPv6", connect: tcp6, server: plain, client: plain, family: unix.AF_INET6},
	{what: "IPv4 at a socket of IPv6", connect: mapped, server: plain, client: plain, family: unix.AF_INET6},
	{what: "MPTCP", connect: mptcp, server: plain, client: plain, family: unix.AF_INET, queueless: true},
	{what: "clients that close their side after asking", connect: tcp4, server: plain, client: way{lastWrite, unix.Read}, family: unix.AF_INET, single: true, coalesced: true},
	{what: "passed over fork", connect: tcp4, server: plain, client: plain, family: unix.AF_INET, handed: true},
	{what: "passed by SCM_RIGHTS", connect: tcp4, server: plain, client: plain, family: unix.AF_INET, handed: true},
	{what: "Unix, socketpair", connect: pair, server: plain, client: plain, family: unix.AF_UNIX},
	{what: "Unix, sendmsg, recvmsg", connect: pair, server: messages, client: messages, family: unix.AF_UNIX},
	{what: "Unix, reads of one byte", connect: pair, server: byteByByte, client: byteByByte, family: unix.AF_UNIX},
	{what: "Unix, MSG_PEEK before each read", connect: pair, server: peeking, client: peeking, family: unix.AF_UNIX},
}

const shapePrefix = "shape "

// TestShapes: connections of every kind, used in every way, are counted like the
// plain ones; where a back-end cannot see something, it invents nothing.
func TestShapes(t *testing.T) {
	for _, b := range backend.All() {
		t.Run(b.Name, func(t *testing.T) {
			c := open(t, b.Name, 32<<20)
			for _, s := range shapes {
				t.Run(s.what, func(t *testing.T) {
					t.Cleanup(func() { printResult(t, b.Name, s.what, s.seen()) })
					testShape(t, c, os.Args[0], s)
				})
			}
		})
	}
}

// seen says what is seen of a shape.
func (s shape) seen() string {
	counted := ""
	if _, reason, ok := strings.Cut(s.missing, " "); ok {
		counted = ", counted as " + reason
	}
	switch {
	case s.atServer != seenWhole:
		return s.atServer.String() + " at the server" + counted
	case s.atClient != seenWhole:
		return s.atClient.String() + " at the client" + counted
	default:
		return seenWhole.String()
	}
}

func testShape(t *testing.T, c *Capture, program string, s shape) {
	const n = 20
	expected := 0
	for _, sight := range []sight{s.atServer, s.atClient} {
		if sight != unseen {
			expected += n
		}
	}
	client, server, exchanges := playWhole(t, c, program, shapePrefix+s.what, n, expected)
	assert.Equal(t, s.handed, client != server, "who serves")
	sides := map[uint8]struct {
		pid   int
		sight sight
	}{record.RoleServer: {server, s.atServer}, record.RoleClient: {client, s.atClient}}
	found := map[uint8]int{}
	for i := range exchanges {
		e := &exchanges[i]
		side := sides[e.Role]
		found[e.Role]++
		assert.Equal(t, side.pid, int(e.Process.Tgid))
		if s.single {
			assert.EqualValues(t, 1, e.Sequence)
		} else {
			assert.EqualValues(t, found[e.Role], e.Sequence)
		}
		assert.Equal(t, record.Answered, e.Outcome)
		assert.Equal(t, httpRequest, string(e.Request()))
		assert.EqualValues(t, len(httpRequest), e.RequestBytes)
		assert.Equal(t, s.family, e.Family)
		if side.sight == statusless {
			assert.Zero(t, e.Status)
			assert.Empty(t, e.Response())
			assert.NotZero(t, e.Flags&record.FlagNoPayload)
		} else {
			assert.EqualValues(t, 200, e.Status)
			assert.True(t, strings.HasPrefix(httpResponse, string(e.Response())), "%q", e.Response())
			assert.Zero(t, e.Flags&record.FlagNoPayload)
		}
		queued := e.Flags&record.FlagQueueKnown != 0
		switch {
		case e.Role == record.RoleClient || s.queueless:
			assert.False(t, queued, "queue time of exchange %d", e.Sequence)
		case !s.coalesced || e.Sequence > 1:
			assert.True(t, queued, "queue time of exchange %d", e.Sequence)
		}
		if s.family != unix.AF_UNIX {
			loopback := netip.MustParseAddr(map[bool]string{true: "::1", false: "::ffff:127.0.0.1"}[s.what == "IPv6"]).As16()
			assert.Equal(t, loopback, e.LocalAddr)
			assert.Equal(t, loopback, e.RemoteAddr)
			assert.NotZero(t, e.LocalPort)
			assert.NotZero(t, e.RemotePort)
		}
	}
	want := map[uint8]int{}
	for role, side := range sides {
		if side.sight != unseen {
			want[role] = n
		}
	}
	assert.Equal(t, want, found)
	wantMissing := missing{}
	if s.missing != "" {
		wantMissing[s.missing] = n
	}
	assert.Equal(t, wantMissing, missingOf(t, c, server))
}

// playWhole plays n turns of a protocol in a fresh process while the capture runs,
// until no hook was skipped meanwhile. It returns who asked, who served, and their
// exchanges, for which it waits: an exchange may end a moment after its connection.
func playWhole(t *testing.T, c *Capture, program, protocol string, n, expected int) (client, server int, exchanges []record.Exchange) {
	t.Helper()
	const tries = 40
	for try := 1; ; try++ {
		before := skipped(t, c)
		p := startProgram(t, program, protocol, 0)
		p.play(t, n)
		client = p.pid
		var err error
		server, err = strconv.Atoi(p.out.Text())
		require.NoError(t, err)
		exchanges = settled(t, c, client, server, expected)
		after := skipped(t, c)
		if after == before {
			return client, server, exchanges
		}
		t.Logf("try %d: the kernel skipped %d hooks", try, after-before)
		require.Less(t, try, tries, "no run without a skipped hook")
	}
}

// settled are so many exchanges of these processes: a hook runs a moment after its I/O.
func settled(t *testing.T, c *Capture, client, server, expected int) (exchanges []record.Exchange) {
	t.Helper()
	const patience = 2 * time.Second
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		exchanges = append(exchanges, drained(t, c, client, server)...)
		if len(exchanges) >= expected || time.Since(began) > patience {
			return exchanges
		}
	}
}

// drained are the exchanges of these processes that wait in the ring.
func drained(t *testing.T, c *Capture, client, server int) (exchanges []record.Exchange) {
	t.Helper()
	drainExchanges(t, c, func(e *record.Exchange) {
		if pid := int(e.Process.Tgid); pid == client || pid == server {
			exchanges = append(exchanges, *e)
		}
	})
	return exchanges
}

func skipped(t *testing.T, c *Capture) uint64 {
	t.Helper()
	counters, err := c.Counters()
	require.NoError(t, err)
	return counters.Lost[recursionMisses]
}
