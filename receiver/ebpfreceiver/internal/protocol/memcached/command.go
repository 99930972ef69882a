// SPDX-License-Identifier: Apache-2.0

package memcached

import (
	"bytes"
	"strconv"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// command is what is known of one.
type command struct {
	// name, otherCommand for one that is not known, empty if it was not captured.
	name string
	// told: which of the answers is its own is told by their order. It is not of a quiet
	// command, nor of one whose line was not captured to its end.
	told bool
}

// otherCommand stands for whatever else a client may send: names from outside would be
// of unbounded cardinality.
const otherCommand = "_OTHER"

// Places of words in a line.
const (
	wordOfKey          = 1
	wordOfMetaLength   = 2
	wordOfLength       = 4
	wordOfStoreNoReply = 5
)

// shape is what a line of a command is made of.
type shape struct {
	// length is the place of the data's length, 0 if there is no data.
	length int
	// noReply is the least place of the word noreply, 0 if there is none.
	noReply int
	// meta commands have flags.
	meta bool
}

var (
	store  = shape{length: wordOfLength, noReply: wordOfStoreNoReply}
	number = shape{noReply: 3}
	meta   = shape{meta: true}
)

// shapes are those of the commands of memcached, by their names.
var shapes = map[string]shape{
	"get": {}, "gets": {}, "gat": {}, "gats": {},
	"set": store, "add": store, "replace": store, "append": store, "prepend": store, "cas": store,
	"delete": {noReply: 2}, "incr": number, "decr": number, "touch": number,
	"flush_all": {noReply: 1}, "verbosity": {noReply: 1},
	"version": {}, "stats": {}, "watch": {}, "shutdown": {},
	"cache_memlimit": {}, "slabs": {}, "lru": {}, "lru_crawler": {}, "extstore": {}, "refresh_certs": {}, "config": {},
	"mg": meta, "md": meta, "ma": meta, "me": meta, "ms": {length: wordOfMetaLength, meta: true},
}

// Commands that ask for nothing that counts: the end of a pipeline, and of a connection.
const (
	noOperation = "mn"
	quit        = "quit"
)

var (
	newline = []byte{'\n'}
	noReply = []byte("noreply")
	quiet   = []byte("q")
)

// maxWords bounds a line: more are keys of a get.
const maxWords = 32

// nextCommand reads the command at turn.RequestAt that counts as an operation, and moves
// on behind it: to -1, if it does not end within what was captured. It reports false if
// its name was not captured.
func nextCommand(turn *protocol.Turn) (command, bool) {
	for turn.RequestAt >= 0 && turn.RequestAt < len(turn.Request) {
		b := turn.Request[turn.RequestAt:]
		end := bytes.Index(b, newline)
		if end < 0 {
			turn.RequestAt = -1
			if space := bytes.IndexByte(b, ' '); space > 0 {
				return command{name: nameOf(b[:space])}, true
			}
			return command{}, false
		}
		c, data, counts := line(b[:end])
		turn.RequestAt += end + 1 + data
		if counts {
			return c, true
		}
	}
	turn.RequestAt = -1
	return command{}, false
}

// line reads the line of a command, without its end. It returns the bytes of data behind
// it, and whether it is an operation that is answered.
func line(b []byte) (c command, data int, counts bool) {
	var words [maxWords][]byte
	n := 0
	for word := range bytes.FieldsSeq(b) {
		if n == maxWords {
			break
		}
		words[n], n = word, n+1
	}
	if n == 0 {
		return command{name: otherCommand, told: true}, 0, true
	}
	s, known := shapes[string(words[0])]
	if !known {
		if name := string(words[0]); name == noOperation || name == quit {
			return command{}, 0, false
		}
		return command{name: otherCommand, told: true}, 0, true
	}
	c = command{name: nameOf(words[0]), told: true}
	if s.length > 0 && n > s.length {
		if length, err := strconv.ParseUint(string(words[s.length]), 10, 30); err == nil {
			data = int(length) + len("\r\n")
		}
	}
	for i := wordOfKey + 1; s.meta && i < n; i++ {
		c.told = c.told && !bytes.Equal(words[i], quiet)
	}
	return c, data, s.noReply == 0 || n <= s.noReply || !bytes.Equal(words[n-1], noReply)
}

// names are the commands' names, so that none is made of what was captured.
var names = func() map[string]string {
	m := make(map[string]string, len(shapes))
	for name := range shapes {
		m[name] = name
	}
	return m
}()

func nameOf(b []byte) string {
	if name, known := names[string(b)]; known {
		return name
	}
	return otherCommand
}
