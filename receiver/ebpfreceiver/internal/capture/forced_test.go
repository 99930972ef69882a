// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"context"
	"encoding/binary"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/internal/backend"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// spoken is a turn of a protocol with one operation, as both ends say it.
type spoken struct {
	protocols []uint8 // that a port of it says
	ask, say  string
}

// pgMessage is a message of PostgreSQL, with a type and a length.
func pgMessage(kind byte, payload string) string {
	return string(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)+4))) + payload
}

// mysqlPacket is a packet of MySQL, with a length and a number.
func mysqlPacket(number byte, payload string) string {
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	head[3] = number
	return string(head) + payload
}

// said are turns by protocol, as the configuration names them.
var said = map[string]spoken{
	"http":       {[]uint8{record.ProtocolHTTP1, record.ProtocolHTTP2}, httpGet, httpOK},
	"redis":      {[]uint8{record.ProtocolRedis}, "*1\r\n$4\r\nPING\r\n", "+PONG\r\n"},
	"postgresql": {[]uint8{record.ProtocolPostgreSQL}, pgMessage('Q', "SELECT 1\x00"), pgMessage('C', "SELECT 1\x00") + pgMessage('Z', "I")},
	"mysql":      {[]uint8{record.ProtocolMySQL}, mysqlPacket(0, "\x03SELECT 1"), mysqlPacket(1, "\x00\x00\x00\x02\x00\x00\x00")},
	"memcached":  {[]uint8{record.ProtocolMemcached}, "get a\r\n", "END\r\n"},
}

// noise is of no protocol.
const noise = "\x01\x02 is nothing that anybody speaks\n"

// forcing opens a capture to which ports say some protocols.
func forcing(t *testing.T, name string, ports map[uint16][]uint8) *Capture {
	t.Helper()
	options := Options{Backend: name, RingBytes: 8 << 20, Sampling: Sampling{Ratio: 1}}
	for port, protocols := range ports {
		options.Ports = append(options.Ports, ForcedPorts{port, port, protocols})
	}
	c := openWith(t, options)
	require.NoError(t, c.objects.SelfTgid.Set(uint32(0))) // this process plays both sides
	return c
}

func portOf(at net.Addr) uint16 { return uint16(at.(*net.TCPAddr).Port) }

func listenTCP(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() }) // the test may have closed it
	return listener
}

// connect returns both ends of a connection with a listener.
func connect(t *testing.T, dialer *net.Dialer, listener net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := dialer.Dial("tcp", listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	server, err = listener.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	return client, server
}

// takeTurns lets both ends take n turns, of which a client's writes may be several.
func takeTurns(t *testing.T, client, server net.Conn, n int, say string, asks ...string) {
	t.Helper()
	for range n {
		for _, ask := range asks {
			pass(t, client, server, ask)
		}
		pass(t, server, client, say)
	}
}

// askedAt returns the operations of both roles on connections with a server's port, by protocol.
func askedAt(t *testing.T, c *Capture, port uint16, turns int) map[uint8]map[uint8]int {
	t.Helper()
	out := map[uint8]map[uint8]int{}
	for _, e := range awaitExchanges(t, c, turns, func(e *record.Exchange) bool {
		return int(e.Process.Tgid) == unix.Getpid() && (e.LocalPort == port || e.RemotePort == port)
	}) {
		if out[e.Protocol] == nil {
			out[e.Protocol] = map[uint8]int{}
		}
		out[e.Protocol][e.Role] += int(e.Operations)
	}
	return out
}

func atBothEnds(n int) map[uint8]int {
	return map[uint8]int{record.RoleServer: n, record.RoleClient: n}
}

// TestForcedBehindNoise: a connection with a port that says its protocol is never given
// up. What is said on it before is missing, turn by turn; then each request is counted.
func TestForcedBehindNoise(t *testing.T) {
	eachBackend(t, "forced behind noise", testForcedBehindNoise)
}

func testForcedBehindNoise(t *testing.T, name string) {
	const before, n = 100, 20
	listeners, plain, ports := map[string]net.Listener{}, listenTCP(t), map[uint16][]uint8{}
	for protocol, turn := range said {
		listeners[protocol] = listenTCP(t)
		ports[portOf(listeners[protocol].Addr())] = turn.protocols
	}
	c := forcing(t, name, ports)
	for protocol, turn := range said {
		client, server := connect(t, &net.Dialer{}, listeners[protocol])
		takeTurns(t, client, server, before/2, noise, noise)
		takeTurns(t, client, server, before/2, noise, turn.ask[:1]) // which may become a request, and is answered before
		takeTurns(t, client, server, n, turn.say, turn.ask)
		assert.Equal(t, map[uint8]map[uint8]int{turn.protocols[0]: atBothEnds(n)}, askedAt(t, c, portOf(server.LocalAddr()), 2*n), protocol)
		assert.Equal(t, missing{"server unrecognized": before, "client unrecognized": before}, missingOf(t, c, unix.Getpid()), protocol)

		client, server = connect(t, &net.Dialer{}, plain) // where nothing is forced it is muted
		takeTurns(t, client, server, before, noise, noise)
		takeTurns(t, client, server, n, turn.say, turn.ask)
		assert.Empty(t, askedAt(t, c, portOf(server.LocalAddr()), 2*n), protocol)
		assert.Empty(t, missingOf(t, c, unix.Getpid()), protocol)
	}
}

// TestForcedAgainstOthers: what another protocol says at a port is counted as neither,
// and is missing.
func TestForcedAgainstOthers(t *testing.T) {
	eachBackend(t, "forced against others", testForcedAgainstOthers)
}

func testForcedAgainstOthers(t *testing.T, name string) {
	const n = 20
	listeners, ports := map[string]net.Listener{}, map[uint16][]uint8{}
	for protocol, turn := range said {
		listeners[protocol] = listenTCP(t)
		ports[portOf(listeners[protocol].Addr())] = turn.protocols
	}
	c := forcing(t, name, ports)
	for protocol, own := range said {
		for other, turn := range said {
			if other == protocol {
				continue
			}
			what := other + " at a port of " + protocol
			client, server := connect(t, &net.Dialer{}, listeners[protocol])
			takeTurns(t, client, server, n, turn.say, turn.ask)
			takeTurns(t, client, server, n, own.say, own.ask)
			assert.Equal(t, map[uint8]map[uint8]int{own.protocols[0]: atBothEnds(n)}, askedAt(t, c, portOf(server.LocalAddr()), 2*n), what)
			assert.Equal(t, missing{"server unrecognized": n, "client unrecognized": n}, missingOf(t, c, unix.Getpid()), what)
		}
	}
}

// TestForcedMidway: a connection that is older than the capture, of a protocol that is
// walked along, is taken with the first I/O that begins with a request. Without a port
// to say so it takes a proof, which the turns here do not have.
func TestForcedMidway(t *testing.T) {
	eachBackend(t, "forced midway", testForcedMidway)
}

func testForcedMidway(t *testing.T, name string) {
	const n = 3
	bind := pgMessage('B', "\x00a\x00\x00\x00\x00\x00\x00\x00")
	execute, sync := pgMessage('E', "\x00\x00\x00\x00\x00"), pgMessage('S', "")
	bound := pgMessage('2', "") + pgMessage('C', "SELECT 1\x00")
	long := strings.Repeat("x", 5000)
	mysql, redis := said["mysql"], said["redis"]
	tests := map[string]struct {
		protocols  []uint8
		multipath  bool
		asks       []string
		say        string
		operations int // a turn
	}{
		"PostgreSQL, whose Sync comes apart": {said["postgresql"].protocols, false,
			[]string{bind + execute + bind + execute, sync}, bound + bound + pgMessage('Z', "I"), 2},
		"PostgreSQL, a text in two I/Os": {said["postgresql"].protocols, false,
			[]string{pgMessage('Q', "SELECT '"+long+"'\x00")[:4000], pgMessage('Q', "SELECT '"+long+"'\x00")[4000:]}, said["postgresql"].say, 1},
		"PostgreSQL, a value in two I/Os": {said["postgresql"].protocols, false,
			[]string{pgMessage('B', long)[:4000], pgMessage('B', long)[4000:] + execute + sync}, bound + pgMessage('Z', "I"), 1},
		"MySQL, a command that is no statement": {mysql.protocols, false,
			[]string{mysqlPacket(0, "\x02shop")}, mysql.say, 1},
		"MySQL, a text in two I/Os": {mysql.protocols, false,
			[]string{mysqlPacket(0, "\x03SELECT '"+long+"'")[:4000], mysqlPacket(0, "\x03SELECT '"+long+"'")[4000:]}, mysql.say, 1},
		"Redis, whose side no position tells": {redis.protocols, true,
			[]string{strings.Repeat(redis.ask, 16)}, strings.Repeat(redis.say, 16), 16},
		"memcached, in a form that others have": {said["memcached"].protocols, false,
			[]string{"delete 5\r\n"}, "DELETED\r\n", 1},
	}
	type ends struct{ client, server net.Conn }
	forced, plain, ports := map[string]ends{}, map[string]ends{}, map[uint16][]uint8{}
	for what, tt := range tests {
		for _, all := range []map[string]ends{forced, plain} {
			client, server := older(t, tt.multipath)
			takeTurns(t, client, server, 1, tt.say, tt.asks...)
			all[what] = ends{client, server}
		}
		ports[portOf(forced[what].server.LocalAddr())] = tt.protocols
	}
	c := forcing(t, name, ports)
	for what, tt := range tests {
		e := forced[what]
		takeTurns(t, e.client, e.server, n, tt.say, tt.asks...)
		assert.Equal(t, map[uint8]map[uint8]int{tt.protocols[0]: atBothEnds(n * tt.operations)}, askedAt(t, c, portOf(e.server.LocalAddr()), 2*n), what)
		assert.Empty(t, missingOf(t, c, unix.Getpid()), what)

		e = plain[what]
		takeTurns(t, e.client, e.server, n, tt.say, tt.asks...)
		assert.Empty(t, askedAt(t, c, portOf(e.server.LocalAddr()), 2*n), "%s, not forced", what)
	}
}

// TestForcedAmidAnswers: an answer to a request from before the capture is missing once,
// and the answers to turns that are counted as missing are not missing besides.
func TestForcedAmidAnswers(t *testing.T) {
	eachBackend(t, "forced amid answers", func(t *testing.T, name string) {
		const before, n = 5, 20
		for protocol, turn := range said {
			client, server := older(t, false)
			takeTurns(t, client, server, 1, turn.say, turn.ask)
			pass(t, client, server, turn.ask)
			c := forcing(t, name, map[uint16][]uint8{portOf(server.LocalAddr()): turn.protocols})
			pass(t, server, client, turn.say)
			takeTurns(t, client, server, before, turn.say, noise)
			takeTurns(t, client, server, n, turn.say, turn.ask)
			assert.Equal(t, map[uint8]map[uint8]int{turn.protocols[0]: atBothEnds(n)}, askedAt(t, c, portOf(server.LocalAddr()), 2*n), protocol)
			assert.Equal(t, missing{"server request_unseen": 1, "client request_unseen": 1, "server unrecognized": before, "client unrecognized": before},
				missingOf(t, c, unix.Getpid()), protocol)
			require.NoError(t, c.Detach())
		}
	})
}

// TestForcedFarewell: what asks for nothing is no request that is missing.
func TestForcedFarewell(t *testing.T) {
	eachBackend(t, "forced farewell", func(t *testing.T, name string) {
		farewells := map[string]string{"postgresql": pgMessage('X', ""), "mysql": mysqlPacket(0, "\x01")}
		clients, servers, ports := map[string]net.Conn{}, map[string]net.Conn{}, map[uint16][]uint8{}
		for protocol := range farewells {
			clients[protocol], servers[protocol] = older(t, false)
			takeTurns(t, clients[protocol], servers[protocol], 1, said[protocol].say, said[protocol].ask)
			ports[portOf(servers[protocol].LocalAddr())] = said[protocol].protocols
		}
		c := forcing(t, name, ports)
		for protocol, farewell := range farewells {
			pass(t, clients[protocol], servers[protocol], farewell)
			assert.Empty(t, askedAt(t, c, portOf(servers[protocol].LocalAddr()), 1), protocol)
			assert.Empty(t, missingOf(t, c, unix.Getpid()), protocol)
		}
	})
}

// older returns both ends of a connection that no capture has seen the start of.
func older(t *testing.T, multipath bool) (client, server net.Conn) {
	t.Helper()
	var config net.ListenConfig
	config.SetMultipathTCP(multipath)
	listener, err := config.Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var dialer net.Dialer
	dialer.SetMultipathTCP(multipath)
	client, server = connect(t, &dialer, listener)
	is, err := server.(*net.TCPConn).MultipathTCP()
	require.NoError(t, err)
	require.Equal(t, multipath, is)
	return client, server
}

// TestForcedReasons: why a turn is not recognised is told, and none of it has the
// connection given up.
func TestForcedReasons(t *testing.T) {
	eachBackend(t, "forced, reasons", func(t *testing.T, name string) {
		const n = 20
		turn, listener := said["redis"], listenTCP(t)
		c := forcing(t, name, map[uint16][]uint8{portOf(listener.Addr()): turn.protocols})
		sealed := "\x17\x03\x03\x00\x10" + strings.Repeat("\xa5", 16)

		client, server := connect(t, &net.Dialer{}, listener)
		takeTurns(t, client, server, 1, sealed, "\x16\x03\x01\x00\x10\x01"+strings.Repeat("\x00", 15))
		takeTurns(t, client, server, n+1, sealed, sealed) // the first of them is the handshake's
		takeTurns(t, client, server, n, turn.say, turn.ask)
		assert.Equal(t, map[uint8]map[uint8]int{record.ProtocolRedis: atBothEnds(n)}, askedAt(t, c, portOf(server.LocalAddr()), 2*n), "behind TLS")
		assert.Equal(t, missing{"server opaque_tls": n, "client opaque_tls": n}, missingOf(t, c, unix.Getpid()))

		client, server = connect(t, &net.Dialer{}, listener)
		for range n {
			passByRing(t, client.(*net.TCPConn), server.(*net.TCPConn), turn.ask)
			pass(t, server, client, turn.say)
		}
		takeTurns(t, client, server, n, turn.say, turn.ask)
		want := map[uint8]map[uint8]int{record.ProtocolRedis: {record.RoleServer: n, record.RoleClient: 2 * n}}
		assert.Equal(t, want, askedAt(t, c, portOf(server.LocalAddr()), 3*n), "behind what could not be read")
		assert.Equal(t, missing{"server unreadable": n}, missingOf(t, c, unix.Getpid()))
	})
}

// TestForcedOvertaken: a request that is read while the hook of the answer before has not
// run, or never will, is missing at the server, on a connection that is not recognised yet.
func TestForcedOvertaken(t *testing.T) {
	sends := map[string]string{backend.Socket: "sock_send", backend.Fexit: "inet_send"}
	eachBackend(t, "forced, overtaken", func(t *testing.T, name string) {
		const n = 20
		for protocol, turn := range said {
			listener := listenTCP(t)
			c := forcing(t, name, map[uint16][]uint8{portOf(listener.Addr()): turn.protocols})
			client, server := connect(t, &net.Dialer{}, listener)
			takeTurns(t, client, server, n, noise, noise)
			pass(t, client, server, noise)
			c.without(t, sends[name], func() { pass(t, server, client, noise) })
			takeTurns(t, client, server, n, turn.say, turn.ask)
			want := map[uint8]map[uint8]int{turn.protocols[0]: {record.RoleServer: n - 1, record.RoleClient: n}}
			assert.Equal(t, want, askedAt(t, c, portOf(server.LocalAddr()), 2*n-1), protocol)
			assert.Equal(t, missing{"server unrecognized": n + 1 + 1, "client unrecognized": n + 1}, missingOf(t, c, unix.Getpid()), protocol)
			require.NoError(t, c.Detach())
		}
	})
}

// TestForcedHTTP2: at a port that says gRPC a connection goes over to chunks with its
// preface, whatever was said before, and HTTP/1 is none of it; at one that says something
// else HTTP/2 is not.
func TestForcedHTTP2(t *testing.T) {
	eachBackend(t, "forced HTTP/2", func(t *testing.T, name string) {
		const n = 20
		grpc, redis := listenTCP(t), listenTCP(t)
		c := forcing(t, name, map[uint16][]uint8{portOf(grpc.Addr()): {record.ProtocolHTTP2}, portOf(redis.Addr()): said["redis"].protocols})
		client, server := connect(t, &net.Dialer{}, grpc)
		takeTurns(t, client, server, n, httpOK, httpGet)
		pass(t, client, server, http2Hello)
		takeTurns(t, client, server, n, http2Answer, http2Request)
		streams, _, _ := drainChunks(t, c, &peers{pid: unix.Getpid()})
		requests, responses := http2Hello+strings.Repeat(http2Request, n), strings.Repeat(http2Answer, n)
		for key, want := range map[chunkKey]string{
			{role: record.RoleServer, direction: record.DirectionReceived}: requests,
			{role: record.RoleServer, direction: record.DirectionSent}:     responses,
			{role: record.RoleClient, direction: record.DirectionSent}:     requests,
			{role: record.RoleClient, direction: record.DirectionReceived}: responses,
		} {
			require.NotNil(t, streams[key], "%+v", key)
			assert.Equal(t, want, string(streams[key].bytes), "%+v", key)
		}
		assert.Equal(t, missing{"server unrecognized": n, "client unrecognized": n}, missingOf(t, c, unix.Getpid()))

		client, server = connect(t, &net.Dialer{}, redis)
		pass(t, client, server, http2Hello)
		takeTurns(t, client, server, n, http2Answer, http2Request)
		streams, _, _ = drainChunks(t, c, &peers{pid: unix.Getpid()})
		assert.Empty(t, streams)
		assert.Equal(t, missing{"server unrecognized": n, "client unrecognized": n}, missingOf(t, c, unix.Getpid()))
	})
}

// TestForcedPortOfAClient: a port says what is spoken where it is the server's. A client
// that got it for its own is asked nothing by it.
func TestForcedPortOfAClient(t *testing.T) {
	eachBackend(t, "forced port of a client", func(t *testing.T, name string) {
		const n = 20
		own, listener := listenTCP(t), listenTCP(t)
		at := own.Addr().(*net.TCPAddr)
		require.NoError(t, own.Close())
		c := forcing(t, name, map[uint16][]uint8{portOf(at): said["redis"].protocols})
		client, server := connect(t, &net.Dialer{LocalAddr: at}, listener)
		takeTurns(t, client, server, n, httpOK, httpGet)
		assert.Equal(t, map[uint8]map[uint8]int{record.ProtocolHTTP1: atBothEnds(n)}, askedAt(t, c, portOf(server.LocalAddr()), 2*n))
		assert.Empty(t, missingOf(t, c, unix.Getpid()))
	})
}

// TestForcedContents: each port of a range has its bits.
func TestForcedContents(t *testing.T) {
	got := map[any]any{}
	for _, kv := range forcedContents([]ForcedPorts{{65534, 65535, []uint8{record.ProtocolRedis}}, {1, 1, []uint8{record.ProtocolHTTP1, record.ProtocolHTTP2}}, {1, 1, nil}}) {
		got[kv.Key] = kv.Value
	}
	assert.Equal(t, map[any]any{uint32(1): uint32(1<<1 | 1<<2), uint32(65534): uint32(1 << 3), uint32(65535): uint32(1 << 3)}, got)
}
