// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2/hpack"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// conversation is one file of testdata/conversations:
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
type conversation struct {
	name  string
	input string
	want  string
	link  protocol.Link
	io    []io
}

// io is one I/O, or the end.
type io struct {
	client bool // wrote it
	bytes  []byte
	ns     uint64
	closes string
}

const expectMark = "\nexpect\n"

func loadConversations(t testing.TB) []conversation {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []conversation
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		c := conversation{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		c.input, c.want, _ = strings.Cut(string(b), expectMark)
		c.read(t)
		out = append(out, c)
	}
	return out
}

func (c *conversation) read(t testing.TB) {
	server, client := netip.MustParseAddrPort("10.0.0.1:8080"), netip.MustParseAddrPort("10.0.0.2:40000")
	c.link = protocol.Link{Kind: protocol.Server, FromStart: true, Turn: protocol.Turn{Local: server, Remote: client}}
	_, script, ok := strings.Cut(strings.TrimSpace(c.input), "\n\n")
	require.True(t, ok, "%s: no empty line behind the words", c.name)
	writers := map[bool]*frameWriter{true: newFrameWriter(t), false: newFrameWriter(t)}
	ns := uint64(0)
	for line := range strings.Lines(script) {
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		ns += 1e6
		switch verb {
		case "kind":
			require.Equal(t, "client", rest)
			c.link.Kind, c.link.Turn.Local, c.link.Turn.Remote = protocol.Client, client, server
		case "upgrade":
			word := strings.Fields(rest)
			c.link.Upgrade = &protocol.Upgrade{Method: word[0], Scheme: "http", Path: word[1], Authority: word[2], StartNs: ns, QueueNs: 500_000, QueueKnown: true}
		case "midway":
			c.link.FromStart = false
		case "unix":
			c.link.Turn = protocol.Turn{Unix: true, SocketName: rest}
		case "wait":
			ms, err := strconv.Atoi(rest)
			require.NoError(t, err)
			ns += uint64(ms-1) * 1e6
		case ">", "<":
			var b []byte
			for one := range strings.SplitSeq(rest, "; ") {
				b = append(b, writers[verb == ">"].frame(strings.TrimSpace(one))...)
			}
			c.io = append(c.io, io{client: verb == ">", bytes: b, ns: ns})
		case "unseen": // what passed before the connection was joined
			dir, frames, _ := strings.Cut(rest, " ")
			for one := range strings.SplitSeq(frames, "; ") {
				writers[dir == ">"].frame(strings.TrimSpace(one))
			}
		case "close":
			c.io = append(c.io, io{closes: rest, ns: ns})
		default:
			require.Fail(t, "no such line", "%s: %q", c.name, line)
		}
	}
}

// frameWriter writes the frames of one direction.
type frameWriter struct {
	t       testing.TB
	block   bytes.Buffer
	encoder *hpack.Encoder
}

func newFrameWriter(t testing.TB) *frameWriter {
	w := &frameWriter{t: t}
	w.encoder = hpack.NewEncoder(&w.block)
	w.encoder.SetMaxDynamicTableSizeLimit(1 << 20)
	return w
}

func rawFrame(kind, flags byte, stream uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return append(binary.BigEndian.AppendUint32(append(b, flags), stream), payload...)
}

func (w *frameWriter) number(s string) int {
	n, err := strconv.ParseInt(s, 0, 64)
	require.NoError(w.t, err)
	return int(n)
}

// words splits at spaces outside of quotes.
func words(s string) []string {
	quoted := false
	return strings.FieldsFunc(s, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ' ' && !quoted
	})
}

func (w *frameWriter) frame(text string) []byte {
	word := words(text)
	at := func(i int) uint32 { return uint32(w.number(word[i])) }
	switch word[0] {
	case "preface":
		return []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	case "settings":
		var b []byte
		for _, setting := range word[1:] {
			id, value, _ := strings.Cut(setting, "=")
			b = binary.BigEndian.AppendUint16(b, uint16(w.number(id)))
			b = binary.BigEndian.AppendUint32(b, uint32(w.number(value)))
		}
		return rawFrame(frameSettings, 0, 0, b)
	case "ack":
		return rawFrame(frameSettings, flagAck, 0, nil)
	case "headers":
		return w.headers(frameHeaders, at(1), nil, word[2:])
	case "push":
		return w.headers(framePushPromise, at(1), binary.BigEndian.AppendUint32(nil, at(2)), word[3:])
	case "data":
		return w.data(at(1), word[2:])
	case "rst":
		return rawFrame(frameRSTStream, 0, at(1), binary.BigEndian.AppendUint32(nil, at(2)))
	case "goaway":
		return rawFrame(frameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, at(1)), at(2)))
	case "ping":
		return rawFrame(framePing, 0, 0, []byte("pingpong"))
	case "window":
		return rawFrame(frameWindowUpdate, 0, at(1), []byte{0, 0, 16, 0})
	case "priority":
		return rawFrame(framePriority, 0, at(1), []byte{0, 0, 0, 0, 15})
	case "unknown":
		return rawFrame(byte(w.number(word[1])), 0, 0, make([]byte, w.number(word[2])))
	case "raw":
		s, err := strconv.Unquote(word[1])
		require.NoError(w.t, err)
		return []byte(s)
	}
	require.Fail(w.t, "no such frame", text)
	return nil
}

func (w *frameWriter) data(stream uint32, word []string) []byte {
	var flags byte
	var payload []byte
	for i := 0; i < len(word); i++ {
		switch {
		case word[i] == "end":
			flags |= flagEndStream
		case word[i] == "padded":
			flags |= flagPadded
		case word[i] == "message":
			n := w.number(word[i+1])
			payload = binary.BigEndian.AppendUint32(append(payload, 0), uint32(n))
			payload = append(payload, bytes.Repeat([]byte{'m'}, n)...)
			i++
		case word[i][0] == '"':
			s, err := strconv.Unquote(word[i])
			require.NoError(w.t, err)
			payload = append(payload, s...)
		default:
			payload = append(payload, bytes.Repeat([]byte{'d'}, w.number(word[i]))...)
		}
	}
	if flags&flagPadded != 0 {
		payload = append(append([]byte{7}, payload...), make([]byte, 7)...)
	}
	return rawFrame(frameData, flags, stream, payload)
}

func (w *frameWriter) headers(kind byte, stream uint32, prefix []byte, word []string) []byte {
	flags, split := byte(flagEndHeaders), false
	w.block.Reset()
	for _, x := range word {
		switch name, value, isField := strings.Cut(x, "="); {
		case x == "end":
			flags |= flagEndStream
		case x == "padded":
			flags |= flagPadded
		case x == "priority":
			flags |= flagPriority
			prefix = []byte{0x80, 0, 0, 0, 15}
		case x == "split":
			split = true
		case name == "table":
			w.encoder.SetMaxDynamicTableSize(uint32(w.number(value)))
		case isField:
			if v, err := strconv.Unquote(value); err == nil {
				value = v
			}
			sensitive := strings.HasPrefix(name, "!")
			require.NoError(w.t, w.encoder.WriteField(hpack.HeaderField{Name: strings.TrimPrefix(name, "!"), Value: value, Sensitive: sensitive}))
		default:
			require.Fail(w.t, "no such flag", x)
		}
	}
	block := bytes.Clone(w.block.Bytes())
	pad := func(b []byte) []byte {
		if flags&flagPadded != 0 {
			return append(append([]byte{5}, b...), make([]byte, 5)...)
		}
		return b
	}
	if !split {
		return rawFrame(kind, flags, stream, pad(append(prefix, block...)))
	}
	third := len(block) / 3
	out := rawFrame(kind, flags&^flagEndHeaders, stream, pad(append(prefix, block[:third]...)))
	out = append(out, rawFrame(frameContinuation, 0, stream, block[third:2*third])...)
	return append(out, rawFrame(frameContinuation, flagEndHeaders, stream, block[2*third:])...)
}

// found is what a session told.
type found struct {
	calls         []foundCall
	indeterminate uint64
	boundary      int
	upgraded      int
	session       *session
}

type foundCall struct {
	stream uint32
	call   protocol.Call
}

func (f *found) Ended(call *protocol.Call) {
	c := *call
	c.Attributes = append([]protocol.Attribute(nil), call.Attributes...)
	f.calls = append(f.calls, foundCall{f.session.ended, c})
}
func (f *found) Indeterminate(n uint64) { f.indeterminate += n }
func (f *found) Boundary()              { f.boundary++ }
func (f *found) Upgraded(call *protocol.Call) {
	f.upgraded++
	if call == nil {
		f.indeterminate++
		return
	}
	f.Ended(call)
}

// start opens a session that tells f.
func (f *found) start(link *protocol.Link, room *protocol.Room) protocol.Session {
	s := Parser{}.Open(link, &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts()}, Sink: f, Room: room})
	f.session = s.(*session)
	return s
}

// direction of what a side writes, at the process.
func (c *conversation) direction(client bool) protocol.Direction {
	if client == (c.link.Kind == protocol.Client) {
		return protocol.Sent
	}
	return protocol.Received
}

// opened returns the link as the session is told it.
func (c *conversation) opened() *protocol.Link {
	link := c.link
	if !link.FromStart {
		link.Kind = 0
	}
	return &link
}

// play feeds the I/Os through feed, which may cut or lose some of their bytes.
func (c *conversation) play(f *found, room *protocol.Room, feed func(s protocol.Session, i int, chunk *protocol.Chunk)) {
	s := f.start(c.opened(), room)
	for i, x := range c.io {
		if x.closes != "" {
			s.Close((x.closes == "client") == (c.link.Kind == protocol.Server), x.ns)
			continue
		}
		d := c.direction(x.client)
		feed(s, i, &protocol.Chunk{
			Direction: d, Bytes: bytes.Clone(x.bytes), Begins: true, TimeNs: x.ns,
			BoundaryKnown: !c.link.FromStart, // the kernel has proven what it claims
			QueueNs:       500_000, QueueKnown: d == protocol.Received && c.link.Kind == protocol.Server,
		})
	}
	s.Expire(1 << 62)
}

// parsed is what comes of a conversation without a loss.
func (c *conversation) parsed(room *protocol.Room) *found {
	var f found
	c.play(&f, room, func(s protocol.Session, _ int, chunk *protocol.Chunk) { s.Read(chunk) })
	return &f
}

// describe writes what a person compares.
func (f *found) describe() string {
	var b strings.Builder
	for i := range f.calls {
		fmt.Fprintf(&b, "stream %d\n%s", f.calls[i].stream, describe(&f.calls[i].call))
	}
	if n := len(f.session.streams); n > 0 {
		fmt.Fprintln(&b, "open", n)
	}
	if f.indeterminate > 0 {
		fmt.Fprintln(&b, "indeterminate", f.indeterminate)
	}
	if f.upgraded > 0 {
		fmt.Fprintln(&b, "upgraded", f.upgraded)
	}
	if f.boundary > 0 {
		fmt.Fprintln(&b, "boundary", f.boundary)
	}
	return b.String()
}
