// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// packet is a packet of MySQL.
func packet(number byte, payload string) string {
	n := len(payload)
	return string([]byte{byte(n), byte(n >> 8), byte(n >> 16), number}) + payload
}

const (
	okay        = "\x00\x00\x00\x02\x00\x00\x00"
	okayAndMore = "\x00\x00\x00\x0a\x00\x00\x00"
	eof         = "\xfe\x00\x00\x02\x00"
	eofAndMore  = "\xfe\x00\x00\x0a\x00"
	rowsEnd     = "\xfe\x00\x00\x02\x00\x00\x00" // where the two agreed to do without EOFs
	column      = "\x03def\x00\x00\x00\x01a\x00\x0c\x3f\x00\x01\x00\x00\x00\x03\x81\x00\x00\x00\x00"
	failure     = "\xff\x7a\x04#42S02Table 'shop.nothing' doesn't exist"
	progress    = "\xff\xff\xff\x01\x01\x01\x00\x00\x00\x06copied"
	prepared    = "\x00\x01\x00\x00\x00\x02\x00\x01\x00\x00\x00\x00" // two columns, one parameter
	full        = 0xffffff
)

// login is a client's answer to a greeting: capabilities, and what comes behind them.
func login(capabilities string) string {
	return packet(1, capabilities+"\x00\x00\x00\x01\x2d"+strings.Repeat("\x00", 23)+"clerk\x00\x14hunter2hunter2hunter2shop\x00")
}

// mysqlWalks are the bytes of one direction, and what is to be counted of them.
var mysqlWalks = []struct {
	what  string
	reply bool
	login bool
	to    []uint // what the answers are to, or what the requests were
	bytes string
	want  Walked
}{
	{"a query", false, false, []uint{OfStatement}, packet(0, "\x03SELECT 1"), Walked{Operations: 1, Turns: 1}},
	{"commands without an answer", false, false, nil,
		packet(0, "\x19\x01\x00\x00\x00") + packet(0, "\x18\x01\x00\x00\x00\x00\x00abc") + packet(0, "\x01"), Walked{}},
	{"commands about the connection", false, false, []uint{OfOne, OfOne, OfOne, OfLogin, OfOne},
		packet(0, "\x0e") + packet(0, "\x1f") + packet(0, "\x1b\x00\x00") + packet(0, "\x11clerk\x00\x00shop\x00") + packet(0, "\x09"), Walked{Turns: 5}},
	{"a statement is prepared and run", false, false, []uint{OfPrepare, OfStatement},
		packet(0, "\x16SELECT ?") + packet(0, "\x17\x01\x00\x00\x00\x00\x01\x00\x00\x00"), Walked{Operations: 1, Turns: 2}},
	{"rows are fetched", false, false, []uint{OfList}, packet(0, "\x1c\x01\x00\x00\x00\x0a\x00\x00\x00"), Walked{Turns: 1}},
	{"a database is chosen", false, false, []uint{OfOne}, packet(0, "\x02shop"), Walked{Operations: 1, Turns: 1}},
	{"columns are asked for", false, false, []uint{OfList}, packet(0, "\x04orders\x00"), Walked{Operations: 1, Turns: 1}},
	{"MariaDB: rows in bulk", false, false, []uint{OfStatement}, packet(0, "\xfa\x01\x00\x00\x00\x80\x00"), Walked{Operations: 1, Turns: 1}},
	{"twenty queries at once", false, false, make([]uint, 10), strings.Repeat(packet(0, "\x03DO 1"), 20), Walked{Operations: 20, Turns: 20}},
	{"a replica", false, false, []uint{OfReplica}, packet(0, "\x12\x04\x00\x00\x00\x00\x00\x01\x00\x00\x00binlog.1"), Walked{Turns: 1}},
	{"no command", false, false, nil, packet(0, "GET / HTTP/1.1"), Walked{Lost: true}},
	{"a file, whose packets are numbered", false, false, []uint{OfStatement, OfOne},
		packet(0, "\x03LOAD DATA") + packet(2, "\x03a\n") + packet(255, "\x03a\n") + packet(0, "\x03b\n") + packet(1, "\x03b\n") + packet(2, "") + packet(0, "\x0e"),
		Walked{Operations: 1, Turns: 2}},
	{"a file of 254 packets", false, false, []uint{OfStatement, OfOne}, packet(0, "\x03LOAD DATA") + packet(255, "") + packet(0, "\x0e"), Walked{Operations: 1, Turns: 2}},
	{"a log-in", false, true, []uint{OfLogin}, login("\x85\xa6\xff\x19"), Walked{Turns: 1}},
	{"a log-in, asked for more", false, true, []uint{OfLogin, OfStatement},
		login("\x85\xa6\xff\x19") + packet(3, "\x03SELECT of a scramble") + packet(0, "\x03DO 1"), Walked{Operations: 1, Turns: 2}},
	{"TLS", false, true, nil, packet(1, "\x85\xae\xff\x19\x00\x00\x00\x01\x2d"+strings.Repeat("\x00", 23)), Walked{Switched: true}},
	{"a client that can do TLS, and does not", false, true, []uint{OfLogin}, login("\x85\xae\xff\x19"), Walked{Turns: 1}},
	{"compression", false, true, nil, login("\xa5\xa6\xff\x19"), Walked{Switched: true}},
	{"compression by zstd", false, true, nil, login("\x85\xa6\xff\x1d"), Walked{Switched: true}},

	{"an OK", true, false, nil, packet(1, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"an OK with words and a state", true, false, nil, packet(1, "\x00\x01\x00\x02\x40\x00\x00\x28Rows matched: 1  Changed: 1  Warnings: 0\x08\x05\x06\x04shop"), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"an OK of many rows, and a high number", true, false, nil,
		packet(1, "\x00\xfd\xff\xff\x0f\xfe\xff\xff\xff\xff\xff\xff\xff\x0f\x02\x00\x00\x00"), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"the same, and more", true, false, nil,
		packet(1, "\x00\xfd\xff\xff\x0f\xfe\xff\xff\xff\xff\xff\xff\xff\x0f\x0a\x00\x00\x00") + packet(2, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"an error", true, false, nil, packet(1, failure), Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"MariaDB: how far it is", true, false, nil, packet(1, progress) + packet(2, progress) + packet(3, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"a result, with the end of its columns", true, false, nil,
		packet(1, "\x02") + packet(2, column) + packet(3, column) + packet(4, eof) + packet(5, "\x011\x012") + packet(6, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"a result without it", true, false, nil,
		packet(1, "\x01") + packet(2, column) + packet(3, "\x011") + packet(4, rowsEnd), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"a result of no rows", true, false, nil, packet(1, "\x01") + packet(2, column) + packet(3, eof) + packet(4, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"the same without the end of its columns", true, false, nil, packet(1, "\x01") + packet(2, column) + packet(3, rowsEnd), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"a result of 300 columns", true, false, nil,
		packet(1, "\xfc\x2c\x01") + strings.Repeat(packet(2, column), 300) + packet(3, eof) + packet(4, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"MariaDB: columns that the client knows", true, false, nil,
		packet(1, "\x02\x00") + packet(2, eof) + packet(3, "\x011\x012") + packet(4, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"MariaDB: columns that it does not know", true, false, nil,
		packet(1, "\x01\x01") + packet(2, column) + packet(3, rowsEnd), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"an error among the rows", true, false, nil,
		packet(1, "\x01") + packet(2, column) + packet(3, eof) + packet(4, "\x011") + packet(5, failure), Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"rows that look like an OK or an end", true, false, nil,
		packet(1, "\x01") + packet(2, column) + packet(3, eof) + packet(4, "\x00") + packet(5, "\xfb") + packet(6, "\x07\xfe\x00\x00\x02\x00\x00") + packet(7, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"rows of a cursor are to be fetched", true, false, nil, packet(1, "\x01") + packet(2, column) + packet(3, "\xfe\x00\x00\x42\x00"), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"three results", true, false, nil,
		packet(1, okayAndMore) + packet(2, "\x01") + packet(3, column) + packet(4, eofAndMore) + packet(5, "\x011") + packet(6, eofAndMore) + packet(7, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"an error as the second result", true, false, nil, packet(1, okayAndMore) + packet(2, failure), Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"a file is asked for", true, false, nil, packet(1, "\xfb/tmp/a"), Walked{Spoke: true}},
	{"a file is asked for, and taken", true, false, nil, packet(1, "\xfb/tmp/a") + packet(4, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to a ping, and to what the server is", true, false, []uint{OfOne, OfOne}, packet(1, okay) + packet(1, "Uptime: 7  Threads: 1"), Walked{Answered: 2, Turns: 2, Spoke: true}},
	{"to a choice between one statement and many", true, false, []uint{OfOne}, packet(1, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to a log-in", true, false, []uint{OfLogin}, packet(2, "\xfemysql_native_password\x00abcdefgh") + packet(4, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to a log-in that the server knew", true, false, []uint{OfLogin}, packet(2, "\x01\x03") + packet(3, okay), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to a log-in that fails", true, false, []uint{OfLogin}, packet(2, "\xff\x15\x04#28000Access denied"), Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"to a statement that is prepared", true, false, []uint{OfPrepare},
		packet(1, prepared) + packet(2, column) + packet(3, eof) + packet(4, column) + packet(5, column) + packet(6, eof), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to one that is prepared and run at once", true, false, []uint{OfPrepare, OfStatement},
		packet(1, prepared) + packet(2, column) + packet(3, column) + packet(4, column) + packet(1, "\x01") + packet(2, column) + packet(3, rowsEnd), Walked{Answered: 2, Turns: 2, Spoke: true}},
	{"the same with ends of columns, and it fails", true, false, []uint{OfPrepare, OfStatement},
		packet(1, prepared) + packet(2, column) + packet(3, eof) + packet(4, column) + packet(5, column) + packet(6, eof) + packet(1, failure),
		Walked{Answered: 2, Failed: 1, Turns: 2, Spoke: true}},
	{"to a statement that cannot be prepared", true, false, []uint{OfPrepare}, packet(1, failure), Walked{Answered: 1, Failed: 1, Turns: 1, Spoke: true}},
	{"to a fetch", true, false, []uint{OfList}, packet(1, "\x00\x00\x011") + packet(2, "\x00\x00\x012") + packet(3, "\xfe\x00\x00\x82\x00"), Walked{Answered: 1, Turns: 1, Spoke: true}},
	{"to a replica", true, false, []uint{OfReplica}, packet(1, "\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00"), Walked{Answered: 1, Turns: 1, Spoke: true, Switched: true}},
}

func walkOf(reply, login bool, to []uint) *Walk {
	walk := NewWalk(MySQL, reply)
	if login {
		walk.AtLogin()
	}
	if reply {
		walk.To(to...)
	}
	return walk
}

func TestMySQLWalks(t *testing.T) {
	for _, w := range mysqlWalks {
		t.Run(w.what, func(t *testing.T) {
			for cut := range len(w.bytes) {
				walk := walkOf(w.reply, w.login, w.to)
				walk.Over([]byte(w.bytes[:cut]))
				got := walk.Over([]byte(w.bytes[cut:]))
				if !w.want.Lost {
					require.True(t, got.Between, "it does not end between two packets")
				}
				got.Between = false
				require.Equal(t, w.want, got, "cut behind %d bytes", cut)
				if !w.reply {
					require.Equal(t, w.to, walk.Kinds())
				}
			}
		})
	}
}

// TestMySQLOneByteAtATime: however small the parts are.
func TestMySQLOneByteAtATime(t *testing.T) {
	for _, w := range mysqlWalks {
		walk := walkOf(w.reply, w.login, w.to)
		var got Walked
		for i := range len(w.bytes) {
			got = walk.Over([]byte(w.bytes[i : i+1]))
		}
		got.Between = false
		assert.Equal(t, w.want, got, w.what)
	}
}

// TestMySQLLargePackets: what does not fit into a packet goes on in the next one, which
// may be empty.
func TestMySQLLargePackets(t *testing.T) {
	text := "\x03INSERT" + strings.Repeat("\x03", full-7)
	row := "\xfe\xff\xff\xff\x01\x00\x00\x00\x00" + strings.Repeat("\xfe", full-9)
	for _, rest := range []string{"", "\x03\x03\x03", "\xfe\x00\x00\x02\x00"} {
		got := NewWalk(MySQL, false).Over([]byte(packet(0, text) + packet(1, rest) + packet(0, "\x0e")))
		assert.Equal(t, Walked{Operations: 1, Turns: 2, Between: true}, got)
		got = NewWalk(MySQL, true).Over([]byte(packet(1, "\x01") + packet(2, column) + packet(3, eof) +
			packet(4, row) + packet(5, rest) + packet(6, eof) + packet(1, failure)))
		assert.Equal(t, Walked{Answered: 2, Failed: 1, Turns: 2, Spoke: true, Between: true}, got)
	}
}

func TestMariaDBGreeting(t *testing.T) {
	for name, greeting := range greetings {
		assert.Equal(t, strings.HasPrefix(name, "MariaDB"), MariaDB([]byte(greeting)), name)
	}
}
