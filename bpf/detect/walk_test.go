// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walks are the bytes of one direction, and what is to be counted of them.
var walks = []struct {
	what     string
	protocol Protocol
	reply    bool
	startup  bool
	bytes    string
	want     Walked
}{
	{"a command of Redis", Redis, false, false, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", Walked{Operations: 1, Turns: 1}},
	{"a pipeline", Redis, false, false, strings.Repeat("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\n*1\r\n", 40), Walked{Operations: 40, Turns: 40}},
	{"a value that looks like commands", Redis, false, false,
		"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$28\r\n*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n\r\n", Walked{Operations: 1, Turns: 1}},
	{"inline commands", Redis, false, false, "PING\r\nGET a\r\n\r\nSET b -1\r\n", Walked{Operations: 3, Turns: 3}},
	{"an empty command", Redis, false, false, "*0\r\n*-1\r\n*1\r\n$4\r\nPING\r\n", Walked{Operations: 1, Turns: 1}},
	{"a command without its arguments", Redis, false, false, "*2\r\n:1\r\n", Walked{Operations: 1, Turns: 1, Lost: true}},
	{"simple replies", Redis, true, false, "+OK\r\n:7\r\n$-1\r\n*-1\r\n", Walked{Answered: 4, Turns: 4, Spoke: true}},
	{"an error among them", Redis, true, false, "+OK\r\n-ERR no such-thing 12\r\n$2\r\n-E\r\n", Walked{Answered: 3, Turns: 3, Failed: 1, Spoke: true}},
	{"redirections are no failures", Redis, true, false, "-MOVED 3999 127.0.0.1:6381\r\n-ASK 1 a:2\r\n", Walked{Answered: 2, Turns: 2, Spoke: true}},
	{"an array with an error inside", Redis, true, false, "*3\r\n+OK\r\n-WRONGTYPE a\r\n*2\r\n$1\r\na\r\n:1\r\n", Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"a value of 100,000 bytes", Redis, true, false, "$100000\r\n" + strings.Repeat("-ERR x\r\n", 12500) + "\r\n", Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"RESP3: map, set, null, boolean, double, big number, verbatim", Redis, true, false,
		"%1\r\n+a\r\n:1\r\n~2\r\n:1\r\n:2\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=8\r\ntxt:some\r\n", Walked{Answered: 7, Turns: 7, Spoke: true}},
	{"RESP3: a bulk error", Redis, true, false, "!9\r\nERR a\r\nbc\r\n", Walked{Answered: 1, Turns: 1, Failed: 1, Spoke: true}},
	{"RESP3: what the server says by itself", Redis, true, false, ">2\r\n+invalidate\r\n*1\r\n+k\r\n", Walked{}},
	{"RESP3: attributes before a reply", Redis, true, false, "|1\r\n+ttl\r\n:3600\r\n-ERR a\r\n", Walked{Answered: 1, Turns: 1, Failed: 1, Spoke: true}},
	{"what is no reply", Redis, true, false, "HTTP/1.1 200 OK\r\n", Walked{Lost: true, Spoke: true}},

	{"PostgreSQL: a log-in", PostgreSQL, false, true, "\x00\x00\x00\x13\x00\x03\x00\x00user\x00shop\x00\x00p\x00\x00\x00\x08abc\x00", Walked{Turns: 1}},
	{"a log-in that asks for encryption", PostgreSQL, false, true,
		"\x00\x00\x00\x08\x04\xd2\x16\x2f\x00\x00\x00\x13\x00\x03\x00\x00user\x00shop\x00\x00", Walked{Turns: 1}},
	{"encryption was granted", PostgreSQL, false, true, "\x00\x00\x00\x08\x04\xd2\x16\x2f\x16\x03\x01\x02\x00\x01\x00\x01\xfc", Walked{Lost: true}},
	{"a simple query", PostgreSQL, false, false, "Q\x00\x00\x00\x0dSELECT 1\x00", Walked{Operations: 1, Turns: 1}},
	{"a statement is prepared only", PostgreSQL, false, false, "P\x00\x00\x00\x12s\x00SELECT $1\x00\x00\x00S\x00\x00\x00\x04", Walked{Turns: 1}},
	{"a statement is bound and run", PostgreSQL, false, false,
		"B\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00D\x00\x00\x00\x06P\x00E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04", Walked{Operations: 1, Turns: 1}},
	{"three in a pipeline with one Sync", PostgreSQL, false, false,
		strings.Repeat("B\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00E\x00\x00\x00\x09\x00\x00\x00\x00\x00", 3) + "S\x00\x00\x00\x04", Walked{Operations: 3, Turns: 1}},
	{"a statement is prepared, and run behind a Flush", PostgreSQL, false, false,
		"P\x00\x00\x00\x12s\x00SELECT $1\x00\x00\x00H\x00\x00\x00\x04E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04", Walked{Operations: 1, Turns: 1}},
	{"the data of a COPY", PostgreSQL, false, false, "d\x00\x00\x00\x08E\x00\x00\x00c\x00\x00\x00\x04", Walked{}},
	{"an extended COPY, whose first Sync has no answer", PostgreSQL, false, false,
		"E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04d\x00\x00\x00\x08E\x00\x00\x00c\x00\x00\x00\x04S\x00\x00\x00\x04", Walked{Operations: 1, Turns: 1}},
	{"and a query behind it", PostgreSQL, false, false,
		"E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04f\x00\x00\x00\x08abc\x00S\x00\x00\x00\x04S\x00\x00\x00\x04", Walked{Operations: 1, Turns: 2}},
	{"a function", PostgreSQL, false, false, "F\x00\x00\x00\x0e\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00", Walked{Operations: 1, Turns: 1}},
	{"rows", PostgreSQL, true, false,
		"T\x00\x00\x00\x06\x00\x00D\x00\x00\x00\x08EEEED\x00\x00\x00\x04C\x00\x00\x00\x0dSELECT 2\x00Z\x00\x00\x00\x05I", Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"two Executes", PostgreSQL, true, false, "2\x00\x00\x00\x04C\x00\x00\x00\x0dSELECT 2\x002\x00\x00\x00\x04s\x00\x00\x00\x04Z\x00\x00\x00\x05I", Walked{Answered: 2, Turns: 1, Spoke: true}},
	{"an error", PostgreSQL, true, false, "E\x00\x00\x00\x0cC22012\x00\x00Z\x00\x00\x00\x05I", Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"an error behind rows", PostgreSQL, true, false,
		"T\x00\x00\x00\x06\x00\x00D\x00\x00\x00\x04E\x00\x00\x00\x0cC22012\x00\x00Z\x00\x00\x00\x05I", Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"what the server says by itself", PostgreSQL, true, false, "N\x00\x00\x00\x06hi" + "A\x00\x00\x00\x0a\x00\x00\x00\x01a\x00" + "S\x00\x00\x00\x08a\x00b\x00", Walked{}},
	{"memcached: a set", Memcached, false, false, "set k 0 0 10\r\nget a\r\nget\r\n", Walked{Operations: 1, Turns: 1}},
	{"memcached: a pipeline", Memcached, false, false, strings.Repeat("get a b c\r\nincr n 1\r\ncas k 0 -1 2 77\r\nab\r\n", 40), Walked{Operations: 120, Turns: 120}},
	{"memcached: all others", Memcached, false, false,
		"gat 60 k\r\ntouch k 0\r\ndelete k\r\nverbosity 1\r\nflush_all\r\nversion\r\nadd k 0 0 0\r\n\r\n", Walked{Operations: 7, Turns: 7}},
	{"memcached: noreply", Memcached, false, false,
		"set k 0 0 2 noreply\r\nab\r\ndelete k noreply\r\nincr k 1 noreply\r\nflush_all noreply\r\nset k 0 0 1\r\na\r\n", Walked{Operations: 1, Turns: 1, Mute: 4}},
	{"memcached: keys that are called noreply and q", Memcached, false, false, "get noreply\r\ndelete noreply\r\nmg q\r\nmg noreply v\r\n", Walked{Operations: 4, Turns: 4}},
	{"memcached: meta commands", Memcached, false, false, "mg k v t\r\nms k 2 T0\r\nab\r\nmd k\r\nma k N0\r\nme k\r\nmn\r\n", Walked{Operations: 5, Turns: 6}},
	{"memcached: quiet ones before mn", Memcached, false, false, "mg a v q\r\nms b 1 q T5\r\nx\r\nmn\r\nget c\r\n", Walked{Operations: 3, Turns: 2}},
	{"memcached: quit, which asks for nothing", Memcached, false, false, "quit\r\n", Walked{}},
	{"memcached: without its data's length", Memcached, false, false, "set k 0 0 abc\r\nstats\r\n\r\n", Walked{Operations: 3, Turns: 3, Odd: true}},
	{"memcached: of more than a gigabyte", Memcached, false, false, "set k 0 0 4000000000\r\n", Walked{Operations: 1, Turns: 1, Lost: true}},
	{"memcached: values", Memcached, true, false, "VALUE a 0 5\r\nEND\r\n\r\nVALUE b 0 0 77\r\n\r\nEND\r\nEND\r\n", Walked{Answered: 2, Turns: 2, Spoke: true}},
	{"memcached: lines", Memcached, true, false,
		"STORED\r\nNOT_STORED\r\nEXISTS\r\nNOT_FOUND\r\nDELETED\r\nTOUCHED\r\nOK\r\n17\r\nVERSION 1.6.18\r\nRESET\r\n", Walked{Answered: 10, Turns: 10, Spoke: true}},
	{"memcached: errors", Memcached, true, false,
		"ERROR\r\nCLIENT_ERROR bad data chunk\r\nSERVER_ERROR out of memory storing object\r\nSTORED\r\n", Walked{Answered: 4, Failed: 3, Turns: 4, Spoke: true}},
	{"memcached: statistics", Memcached, true, false, "STAT pid 1\r\nSTAT version 1.6.18\r\nEND\r\nITEM k [1 b; 0 s]\r\nEND\r\n", Walked{Answered: 2, Turns: 2, Spoke: true}},
	{"memcached: meta answers", Memcached, true, false, "VA 5 t-1\r\nMN\r\n1\r\nHD\r\nEN\r\nNS\r\nEX\r\nNF\r\nME k exp=-1\r\nMN\r\n", Walked{Answered: 7, Turns: 8, Spoke: true}},
	{"memcached: answers of Redis", Memcached, true, false, "$3\r\nabc\r\n", Walked{Lost: true, Spoke: true}},
	{"replication", PostgreSQL, true, false, "W\x00\x00\x00\x07\x00\x00\x00", Walked{Answered: 1, Spoke: true, Switched: true}},
}

func TestWalks(t *testing.T) {
	for _, w := range walks {
		t.Run(w.what, func(t *testing.T) {
			walk := NewWalk(w.protocol, w.reply)
			if w.startup {
				walk.AtStartup()
			}
			got := walk.Over([]byte(w.bytes))
			if !got.Lost && !w.startup {
				assert.True(t, got.Between, "it does not end between two messages")
			}
			got.Between = false
			assert.Equal(t, w.want, got)
		})
	}
}

// TestWalksInTwoParts cuts each at every byte: the same is counted, or the walk says
// that it is lost; more than there is is counted never.
func TestWalksInTwoParts(t *testing.T) {
	for _, w := range walks {
		if w.want.Lost || len(w.bytes) > 4096 {
			continue
		}
		t.Run(w.what, func(t *testing.T) {
			lost := 0
			for cut := range len(w.bytes) {
				walk := NewWalk(w.protocol, w.reply)
				if w.startup {
					walk.AtStartup()
				}
				walk.Over([]byte(w.bytes[:cut]))
				got := walk.Over([]byte(w.bytes[cut:]))
				require.False(t, got.Broken)
				if got.Lost {
					lost++
					require.LessOrEqual(t, got.Answered, w.want.Answered)
					require.LessOrEqual(t, got.Operations, w.want.Operations)
					continue
				}
				got.Between = false
				require.Equal(t, w.want, got, "cut behind %d bytes", cut)
			}
			// which error it is, is looked at in one piece
			require.LessOrEqual(t, lost, 20)
			if w.protocol != Redis || !w.reply {
				require.Zero(t, lost)
			}
		})
	}
}

// TestMemcachedTurns: of a turn that ends with mn what was not answered is told by its
// end, and of quiet commands before another nothing is.
func TestMemcachedTurns(t *testing.T) {
	asked := NewWalk(Memcached, false)
	got := asked.Over([]byte("get a\r\nmg b v q\r\nmg c v q\r\nmn\r\nmg d q\r\nget e\r\nmn\r\n"))
	require.Equal(t, 5, got.Operations)
	require.Equal(t, []uint{OfOneEach, OfMany, OfOthers, OfOneEach}, asked.Kinds())

	answers := NewWalk(Memcached, true).To(asked.Kinds()...)
	got = answers.Over([]byte("END\r\nVA 2\r\nMN\r\n"))
	assert.Equal(t, 2, got.Answered)
	assert.Equal(t, 1, got.Turns, "the end of the second is still to come")
	got = answers.Over([]byte("MN\r\n"))
	assert.Equal(t, 2, got.Turns)
	assert.False(t, got.Lost)
	assert.True(t, answers.Over([]byte("EN\r\n")).Lost, "the answer to d, or to e")

	many := NewWalk(Memcached, false)
	assert.True(t, many.Over([]byte(strings.Repeat("mg a q\r\nmn\r\n", 11))).Lost, "more kinds than are kept")
	half := NewWalk(Memcached, false)
	half.Over([]byte("mg a q\r\n"))
	half.Over([]byte("mn\r\n"))
	assert.Equal(t, []uint{OfMany}, half.Kinds())
}

// FuzzWalkMessages: whatever comes, a step takes something and no more than it was given.
func FuzzWalkMessages(f *testing.F) {
	for _, w := range walks {
		f.Add(int(w.protocol), w.reply, []byte(w.bytes), uint16(len(w.bytes)/2), uint(0))
	}
	for _, w := range mysqlWalks {
		f.Add(int(MySQL), w.reply, []byte(w.bytes), uint16(len(w.bytes)/2), uint(OfPrepare))
	}
	f.Fuzz(func(t *testing.T, protocol int, reply bool, b []byte, cut uint16, kind uint) {
		walk := NewWalk(Protocol(uint(protocol)%4), reply).To(kind % 8)
		at := min(int(cut), len(b))
		walk.Over(b[:at])
		if got := walk.Over(b[at:]); got.Broken || got.Failed > got.Answered {
			t.Fatalf("%q, cut at %d: %+v", b, at, got)
		}
	})
}
