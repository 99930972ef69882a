// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Conversation is one file of a corpus of a protocol that multiplexes, HTTP/2:
//
//	one or more lines of words
//
//	kind client, midway, unix NAME, upgrade METHOD PATH AUTHORITY (a request of HTTP/1
//	whose answer is that of stream 1)
//	> FRAME; FRAME      what the client writes at once, a millisecond after the line before
//	< FRAME; FRAME      what the server does
//	wait MS
//	close client, close server
//
//	expect
//	what the parser makes of it
//
// Frames: preface; settings ID=VALUE; headers STREAM FLAGS NAME=VALUE; push STREAM
// PROMISED NAME=VALUE; data STREAM FLAGS BYTES, or a quoted text, or message BYTES
// (of gRPC); rst STREAM CODE; goaway LAST CODE; ping; window STREAM; priority
// STREAM; unknown TYPE BYTES; raw QUOTED. Flags: end, padded, priority,
// split (into CONTINUATION frames). !NAME=VALUE is a field that is not to be indexed,
// and table=SIZE resizes the table.
type Conversation struct {
	Name string
	// Words are what the file says it is.
	Words string
	// Input is the file up to its expectation, and Want that.
	Input, Want string
	Link        protocol.Link
	IO          []IO
}

// IO is one I/O, or the end.
type IO struct {
	Client bool // wrote it
	Bytes  []byte
	Ns     uint64
	Closes string
}

// LoadConversations reads the corpus of a directory.
func LoadConversations(t testing.TB, directory string) []Conversation {
	files, err := filepath.Glob(directory + "/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []Conversation
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		c := Conversation{Name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		c.Input, c.Want, _ = strings.Cut(string(b), expectMark)
		c.read(t)
		out = append(out, c)
	}
	return out
}

func (c *Conversation) read(t testing.TB) {
	server, client := netip.MustParseAddrPort("10.0.0.1:8080"), netip.MustParseAddrPort("10.0.0.2:40000")
	c.Link = protocol.Link{Kind: protocol.Server, FromStart: true, Turn: protocol.Turn{Local: server, Remote: client}}
	words, script, ok := strings.Cut(strings.TrimSpace(c.Input), "\n\n")
	require.True(t, ok, "%s: no empty line behind the words", c.Name)
	c.Words = strings.ReplaceAll(words, "\n", " ")
	writers := map[bool]*FrameWriter{true: NewFrameWriter(t), false: NewFrameWriter(t)}
	ns := uint64(0)
	for line := range strings.Lines(script) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		ns += 1e6
		switch verb {
		case "kind":
			require.Equal(t, "client", rest)
			c.Link.Kind, c.Link.Turn.Local, c.Link.Turn.Remote = protocol.Client, client, server
		case "upgrade":
			word := strings.Fields(rest)
			c.Link.Upgrade = &protocol.Upgrade{Method: word[0], Scheme: "http", Path: word[1], Authority: word[2], StartNs: ns, QueueNs: 500_000, QueueKnown: true}
		case "midway":
			c.Link.FromStart = false
		case "unix":
			c.Link.Turn = protocol.Turn{Unix: true, SocketName: rest}
		case "wait":
			ms, err := strconv.Atoi(rest)
			require.NoError(t, err)
			ns += uint64(ms-1) * 1e6
		case ">", "<":
			var b []byte
			for one := range strings.SplitSeq(rest, "; ") {
				b = append(b, writers[verb == ">"].Frame(strings.TrimSpace(one))...)
			}
			c.IO = append(c.IO, IO{Client: verb == ">", Bytes: b, Ns: ns})
		case "unseen": // what passed before the connection was joined
			dir, frames, _ := strings.Cut(rest, " ")
			for one := range strings.SplitSeq(frames, "; ") {
				writers[dir == ">"].Frame(strings.TrimSpace(one))
			}
		case "close":
			c.IO = append(c.IO, IO{Closes: rest, Ns: ns})
		default:
			require.Fail(t, "no such line", "%s: %q", c.Name, line)
		}
	}
}

// Play feeds a session with all of it.
func (c *Conversation) Play(s protocol.Session) {
	for _, x := range c.IO {
		if x.Closes != "" {
			s.Close((x.Closes == "client") == (c.Link.Kind == protocol.Server), x.Ns)
			continue
		}
		s.Read(c.Chunk(x))
	}
}

// Chunk is what the kernel sends of an I/O.
func (c *Conversation) Chunk(x IO) *protocol.Chunk {
	d := protocol.Received
	if x.Client == (c.Link.Kind == protocol.Client) {
		d = protocol.Sent
	}
	return &protocol.Chunk{
		Direction: d, Bytes: bytes.Clone(x.Bytes), Begins: true, TimeNs: x.Ns,
		BoundaryKnown: !c.Link.FromStart, // the kernel has proven what it claims
		QueueNs:       500_000, QueueKnown: d == protocol.Received && c.Link.Kind == protocol.Server,
	}
}
