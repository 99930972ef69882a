// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// otherProtocols are the first bytes of what else goes over TCP, by the side that
// sends them. None of it may be claimed, neither as a request nor as a response:
// a claimed connection is counted.
var otherProtocols = []struct {
	what  string
	first string
}{
	{"TLS 1.3 ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x9a\x51\x00\x07\x11"},
	{"TLS ServerHello", "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03\x61\x62\x63\x64\x65"},
	{"TLS alert", "\x15\x03\x03\x00\x02\x02\x28"},
	{"HTTP/2 preface with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x12\x04\x00"},
	{"HTTP/2 SETTINGS of a server", "\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00"},
	{"PostgreSQL startup", "\x00\x00\x00\x29\x00\x03\x00\x00user\x00shop\x00database\x00shop\x00\x00"},
	{"PostgreSQL SSLRequest", "\x00\x00\x00\x08\x04\xd2\x16\x2f"},
	{"PostgreSQL simple query", "Q\x00\x00\x00\x0dSELECT 1\x00"},
	{"PostgreSQL parse", "P\x00\x00\x00\x1c\x00SELECT $1::int\x00\x00\x00"},
	{"PostgreSQL answer to SSLRequest", "N"},
	{"PostgreSQL row description", "T\x00\x00\x00\x1d\x00\x01id\x00\x00\x00\x40"},
	{"MySQL handshake of the server", "\x4a\x00\x00\x00\x0a8.0.36\x00\x09\x00\x00\x00abcdefgh"},
	{"MySQL query", "\x09\x00\x00\x00\x03SELECT 1"},
	{"MySQL handshake of 71 bytes, whose length is a letter", "G\x00\x00\x00\x0a5.7.1\x00"},
	{"Redis command", "*2\r\n$3\r\nGET\r\n$5\r\norder\r\n"},
	{"Redis inline command", "GET orders\r\n"},
	{"Redis inline command of a key with h", "GET hits\r\n"},
	{"Redis PING inline", "PING\r\n"},
	{"Redis answer", "+OK\r\n"},
	{"Redis error", "-ERR unknown command\r\n"},
	{"memcached get", "get /orders\r\n"},
	{"memcached answer", "VALUE key 0 3\r\nabc\r\nEND\r\n"},
	{"memcached stored", "STORED\r\n"},
	{"beanstalkd delete", "delete 17\r\n"},
	{"beanstalkd touch", "touch 17\r\n"},
	{"beanstalkd stats", "stats\r\n"},
	{"HTTP in lower case", "get /orders HTTP/1.1\r\n"},
	{"Redis inline command in lower case", "set orders 17\r\n"},
	{"memcached binary", "\x80\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x00"},
	{"SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"},
	{"SMTP greeting", "220 mail.example ESMTP\r\n"},
	{"SMTP EHLO", "EHLO mail.example\r\n"},
	{"SMTP EHLO of a host with h", "EHLO host.example\r\n"},
	{"SMTP HELO of a host with H", "HELO HOST.EXAMPLE\r\n"},
	{"SMTP MAIL", "MAIL FROM:<a@shop.example>\r\n"},
	{"IMAP greeting", "* OK IMAP4rev1 ready\r\n"},
	{"IMAP login", "A001 LOGIN me secret\r\n"},
	{"POP3 login", "USER hugo\r\n"},
	{"FTP login", "USER anonymous\r\n"},
	{"FTP greeting", "220 (vsFTPd 3.0.5)\r\n"},
	{"DNS over TCP", "\x00\x1d\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04shop"},
	{"DNS over TCP of 71*256 bytes", "GE\x1a\x2b\x01\x00\x00\x01"},
	{"Kafka ApiVersions", "\x00\x00\x00\x23\x00\x12\x00\x03\x00\x00\x00\x01\x00\x08rdkafka"},
	{"AMQP 0-9-1", "AMQP\x00\x00\x09\x01"},
	{"AMQP 1.0 with SASL", "AMQP\x03\x01\x00\x00"},
	{"MQTT CONNECT", "\x10\x1a\x00\x04MQTT\x04\x02\x00\x3c\x00\x0esensor"},
	{"MongoDB OP_MSG", "\x5d\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xdd\x07\x00\x00"},
	{"MongoDB OP_QUERY of 71 bytes", "G\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\xd4\x07\x00\x00"},
	{"NATS INFO", "INFO {\"server_id\":\"NA\",\"version\":\"2.10\"}\r\n"},
	{"NATS CONNECT", "CONNECT {\"verbose\":false}\r\n"},
	{"NATS PUB", "PUB hosts.up 2\r\nok\r\n"},
	{"STOMP", "CONNECT\naccept-version:1.2\n\n\x00"},
	{"SIP INVITE", "INVITE sip:bob@shop.example SIP/2.0\r\n"},
	{"SIP OPTIONS", "OPTIONS sip:bob@shop.example SIP/2.0\r\n"},
	{"SIP answer", "SIP/2.0 200 OK\r\n"},
	{"RTSP DESCRIBE", "DESCRIBE rtsp://cam.example/1 RTSP/1.0\r\n"},
	{"RTSP OPTIONS of a stream", "OPTIONS rtsp://cam.example/1 RTSP/1.0\r\n"},
	{"RTSP answer", "RTSP/1.0 200 OK\r\nCSeq: 1\r\n"},
	{"PROXY protocol 1", "PROXY TCP4 10.0.0.1 10.0.0.2 40000 80\r\n"},
	{"PROXY protocol 2", "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c"},
	{"gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b\x4c"},
	{"ZooKeeper", "\x00\x00\x00\x2d\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x75\x30"},
	{"Cassandra OPTIONS", "\x04\x00\x00\x00\x05\x00\x00\x00\x00"},
	{"LDAP bind", "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"},
	{"BitTorrent", "\x13BitTorrent protocol\x00\x00"},
	{"JSON-RPC, one object a line", "{\"jsonrpc\":\"2.0\"}\n"},
	{"syslog with octet counting", "62 <34>1 2026-01-01T00:00:00Z host app"},
	{"Graphite", "servers.web.load 0.5 1700000000\n"},
	{"X11", "l\x00\x0b\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
	{"an upper-case word", "HELLO WORLD, HOW ARE YOU"},
	{"two letters and a slash", "GO /away"},
	{"an empty line before a request", "\r\nGET / HTTP/1.1\r\n"},
}

// ours are those of otherProtocols that another detector claims, by its name.
var ours = map[string]string{
	"Redis command":           "Redis",
	"PostgreSQL startup":      "PostgreSQL startup",
	"PostgreSQL SSLRequest":   "PostgreSQL startup",
	"PostgreSQL simple query": "PostgreSQL",
	"MySQL query":             "MySQL",
	"memcached get":           "memcached",
}

// TestOneDetectorEach: what a detector claims no other one does, so that their order
// does not matter. The greeting, a whole one, is tested apart.
func TestOneDetectorEach(t *testing.T) {
	for _, p := range otherProtocols {
		b := []byte(p.first)
		if p.what == "PostgreSQL simple query" {
			b = []byte("Q\x00\x00\x00\x0dSELECT 1\x00")
		}
		claims := []string{}
		for name, claim := range map[string]Claim{
			"HTTP": HTTP1Request(b), "Redis": RedisRequest(b), "PostgreSQL startup": PostgreSQLStartup(b),
			"PostgreSQL": PostgreSQLRequest(b), "MySQL": MySQLRequest(b), "MySQL greeting": MySQLGreeting(b), "memcached": MemcachedRequest(b),
		} {
			if claim == Yes {
				claims = append(claims, name)
			}
			if name == "PostgreSQL" && claim == More {
				claims = append(claims, "PostgreSQL chain")
			}
		}
		var want []string
		if name := ours[p.what]; name != "" {
			want = []string{name}
		}
		assert.ElementsMatch(t, want, claims, p.what)
	}
	for name, greeting := range greetings {
		b := []byte(greeting)
		assert.Equal(t, Yes, MySQLGreeting(b), name)
		assert.Equal(t, No, MySQLGreeting(b[:len(b)-1]), name)
		assert.Equal(t, No, HTTP1Request(b), name)
		assert.Equal(t, No, RedisRequest(b), name)
		assert.Equal(t, No, PostgreSQLStartup(b), name)
	}
}

// TestDetectorsOfKnownPorts: where a port says the protocol less is a proof, and still
// nothing that others say is one. (That a message of PostgreSQL is cut is believed of
// long I/Os alone: the kernel sees to that.)
func TestDetectorsOfKnownPorts(t *testing.T) {
	for _, p := range otherProtocols {
		b := []byte(p.first)
		assert.Equal(t, p.what == "MySQL query", MySQLCommand(b), p.what)
		assert.Equal(t, p.what == "PostgreSQL simple query" || p.what == "PostgreSQL parse", PostgreSQLMessage(b), p.what)
	}
	for what, b := range map[string]string{
		"a command of one byte": "\x01\x00\x00\x00\x0e", "MariaDB's bulk": "\x03\x00\x00\x00\xfa\x01\x00",
		"a text that goes on": "\xff\xff\x00\x00\x03SELECT 1", "an execution that goes on": "\xff\x00\x00\x00\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00\x00",
	} {
		assert.True(t, MySQLCommand([]byte(b)), what)
	}
	for what, b := range map[string]string{
		"a packet of a file": "\x02\x00\x00\x02ab", "no command": "\x01\x00\x00\x00\x00", "one that nobody has": "\x01\x00\x00\x00\x21",
		"one of no form that goes on": "\x30\x00\x00\x00\x02shopping", "more than a packet": "\x01\x00\x00\x00\x0e\x01", "its length alone": "\x05\x00\x00\x00",
	} {
		assert.False(t, MySQLCommand([]byte(b)), what)
	}
	for what, b := range map[string]string{
		"a Sync": "S\x00\x00\x00\x04", "data": "d\x00\x00\x00\x08abcd", "a length that cannot be": "Q\x00\x00\x00\x03", "text": "Query", "no farewell": "X\x00\x00\x00\x05a", "its beginning": "Q\x00\x00\x00",
	} {
		assert.False(t, PostgreSQLMessage([]byte(b)), what)
	}
	assert.True(t, PostgreSQLMessage([]byte("X\x00\x00\x00\x04")))
	for _, kind := range "QFPBECD" {
		assert.True(t, PostgreSQLMessage([]byte(string(kind)+"\x00\x00\x00\x09")), string(kind))
	}
}

// greetings are what servers of MySQL and MariaDB say first.
var greetings = map[string]string{
	"MySQL 8":    "\x4a\x00\x00\x00\x0a8.0.36\x00\x09\x00\x00\x00abcdefgh\x00\xff\xff\xff\x02\x00\xff\xdf\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00abcdefghijkl\x00caching_sha2_password\x00"[:0x4e],
	"MariaDB 10": "\x2b\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00abcdefghijklmnopqrst",
	"MariaDB 11": "\x2a\x00\x00\x00\x0a11.4.2-MariaDB-deb12\x00abcdefghijklmnopqrstuv"[:0x2e],
}

// TestRedisRequests gives the detector more and more of each.
func TestRedisRequests(t *testing.T) {
	for request, want := range map[string]Claim{
		"*1\r\n$4\r\nPING\r\n": Yes, "*9999999\r\n$4\r\nMSET\r\n": Yes, "*2\r\n$18\r\njson.debug": Yes,
		"*0\r\n": No, "*-1\r\n": No, "*01\r\n$4\r\nPING": No, "*99999999\r\n$4\r\nMSET": No, "*1\r\n$0\r\n\r\n": No,
		"*1\r\n$100\r\nPING": No, "*1\r\n:4\r\n": No, "*1\r\n$4\r\n1234": No, "*1\n$4\nPING": No, "* OK IMAP4rev1": No, "+OK\r\n": No,
	} {
		b := []byte(request)
		assert.Equal(t, want, RedisRequest(b), request)
		for n := range b {
			claim := RedisRequest(b[:n])
			if want == Yes {
				assert.Contains(t, []Claim{More, Yes}, claim, "%q", b[:n])
			}
		}
	}
	assert.True(t, RedisReplication([]byte("*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n")))
	assert.True(t, RedisReplication([]byte("*1\r\n$4\r\nsync\r\n")))
	assert.False(t, RedisReplication([]byte("*1\r\n$4\r\nPING\r\n")))
	assert.False(t, RedisReplication([]byte("*2\r\n$5\r\nSYNCX\r\n$1\r\na")))
}

// TestRedisWaits: which commands wait for others by their nature.
func TestRedisWaits(t *testing.T) {
	command := func(words ...string) []byte {
		b := fmt.Appendf(nil, "*%d\r\n", len(words))
		for _, w := range words {
			b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
		}
		return b
	}
	for _, name := range []string{"BLMOVE", "BLMPOP", "blpop", "BRPOP", "BRPOPLPUSH", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "WAIT", "WAITAOF"} {
		assert.True(t, RedisWaits(command(name, "k", "1")), name)
	}
	assert.True(t, RedisWaits(command("XREAD", "BLOCK", "200", "STREAMS", "s", "$")))
	assert.True(t, RedisWaits(command("xreadgroup", "GROUP", "g", "c", "COUNT", "5", "block", "0", "STREAMS", "s", ">")))
	assert.True(t, RedisWaits(command("BLPOP", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "0")), "of two digits")
	for _, words := range [][]string{
		{"XREAD", "STREAMS", "s", "0"}, {"XREADGROUP", "GROUP", "g", "c", "STREAMS", "BLOCKS", ">"}, {"XREVRANGE", "s", "+", "-"}, {"WATCH", "k"}, {"BITCOUNT", "k"},
		{"BGSAVE"}, {"GET", "BLOCK"}, {"LPOP", "k"}, {"PING"},
	} {
		assert.False(t, RedisWaits(command(words...)), "%v", words)
	}
	assert.False(t, RedisWaits([]byte("BLPOP k 0\r\n")), "inline commands are not told")
}

// TestMemcachedRequests gives the detector more and more of each.
func TestMemcachedRequests(t *testing.T) {
	for request, want := range map[string]Claim{
		"get k\r\n": Yes, "gets a b\r\n": Yes, "gat 60 k\r\n": Yes, "set k 0 0 2\r\nab\r\n": Yes, "cas k 0 -1 2 5\r\nab\r\n": Yes, "incr k 1\r\n": Yes,
		"delete k\r\n": Yes, "delete 7 noreply\r\n": Yes, "touch k 60\r\n": Yes, "flush_all\r\n": Yes, "version\r\n": Yes, "verbosity 1\r\n": Yes,
		"mg k v\r\n": Yes, "ms k 2\r\nab\r\n": Yes, "mn\r\n": Yes, "set k 0 0 2 noreply\r\nab\r\n": Yes,
		"get\r\n": No, "set k 2\r\n": No, "set k 0 0 a\r\n": No, "incr k\r\n": No, "touch 5\r\n": No, "gat k\r\n": No, "version 2\r\n": No, "ms k a\r\n": No,
		"stats\r\n": No, "quit\r\n": No, "getx k\r\n": No, "GET k\r\n": No, "setter k 0 0 1\r\n": No, "VALUE a 0 1\r\n": No, " get k\r\n": No,
	} {
		b := []byte(request)
		assert.Equal(t, want, MemcachedRequest(b), request)
		for n := range b {
			if claim := MemcachedRequest(b[:n]); want == Yes && n > 0 {
				assert.Contains(t, []Claim{More, Yes}, claim, "%q", b[:n])
			}
		}
	}
	assert.True(t, MemcachedWatch([]byte("watch mutations\r\n")))
	assert.False(t, MemcachedWatch([]byte("watches\r\n....")))
}

// TestKafkaIsNoPostgreSQL: the third version of its request for metadata has the
// bytes of PostgreSQL's version where that has it.
func TestKafkaIsNoPostgreSQL(t *testing.T) {
	for version := range byte(4) {
		b := []byte("\x00\x00\x00\x23\x00\x03\x00\x00\x00\x00\x00\x01\x00\x08rdkafka")
		b[7] = version
		assert.NotEqual(t, Yes, PostgreSQLStartup(b))
	}
}

func TestOtherProtocols(t *testing.T) {
	for _, p := range otherProtocols {
		t.Run(p.what, func(t *testing.T) {
			want := No
			if len(p.first) == 1 { // nothing can be said of one letter
				want = More
			}
			assert.Equal(t, want, HTTP1Request([]byte(p.first)))
			assert.Equal(t, No, HTTP1Response([]byte(p.first)))
		})
	}
}

// TestLookAlikes are claimed though they are something else: their first bytes
// are those of a request. Their answers are not HTTP's, by which they are known.
func TestLookAlikes(t *testing.T) {
	for what, c := range map[string]struct{ request, answer string }{
		"RTSP OPTIONS of the server": {"OPTIONS * RTSP/1.0\r\n", "RTSP/1.0 200 OK\r\n"},
		"FTP with an absolute path":  {"RETR /pub/file\r\n", "150 Opening BINARY mode\r\n"},
		"Redis inline, key of a URL": {"GET http://a/b\r\n", "$-1\r\n"},
		"Redis inline, key of /":     {"GET /orders\r\n", "$3\r\nabc\r\n"},
		"HTTP/0.9":                   {"GET /\r\n", "<html>"},
	} {
		assert.Equal(t, Yes, HTTP1Request([]byte(c.request)), what)
		assert.Equal(t, No, HTTP1Response([]byte(c.answer)), what)
	}
}

// TestRandom: of random bytes, one in 10^8 starts like a request.
func TestRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, 16)
	for range 100_000 {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		assert.NotEqual(t, Yes, HTTP1Request(b), "%q", b)
		assert.NotEqual(t, Yes, HTTP1Response(b), "%q", b)
	}
}
