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

// FuzzWalkMessages: whatever comes, a step takes something and no more than it was given.
func FuzzWalkMessages(f *testing.F) {
	for _, w := range walks {
		f.Add(int(w.protocol), w.reply, []byte(w.bytes), uint16(len(w.bytes)/2), uint(0))
	}
	for _, w := range mysqlWalks {
		f.Add(int(MySQL), w.reply, []byte(w.bytes), uint16(len(w.bytes)/2), uint(OfPrepare))
	}
	f.Fuzz(func(t *testing.T, protocol int, reply bool, b []byte, cut uint16, kind uint) {
		walk := NewWalk(Protocol(uint(protocol)%3), reply).To(kind % 8)
		at := min(int(cut), len(b))
		walk.Over(b[:at])
		if got := walk.Over(b[at:]); got.Broken || got.Failed > got.Answered {
			t.Fatalf("%q, cut at %d: %+v", b, at, got)
		}
	})
}
