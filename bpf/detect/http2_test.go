// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// frame writes a frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return string(binary.BigEndian.AppendUint32(append(b, flags), stream)) + payload
}

// conversation is one direction of a connection, by frames.
var conversation = []string{
	frame(4, 0, 0, "\x00\x03\x00\x00\x00\x64"),
	frame(8, 0, 0, "\x00\x0f\x00\x01"),
	frame(1, 4, 1, "\x83\x86\x45\x06/a/b/c"),
	frame(0, 1, 1, strings.Repeat("body", 2000)),
	frame(6, 1, 0, "pingpong"),
	frame(3, 0, 1, "\x00\x00\x00\x08"),
	frame(1, 0x25, 3, "\x00\x00\x00\x00\x10\x82\x86\x84"),
}

// TestWalk: whatever pieces the bytes come in, the walk finds each header.
func TestWalk(t *testing.T) {
	all := []byte(preface + strings.Join(conversation, ""))
	for cut := range len(all) + 1 {
		var w HTTP2Walk
		require.True(t, w.Take(all[:cut]), cut)
		require.True(t, w.Take(all[cut:]), cut)
		require.Zero(t, w.Left())
		require.Equal(t, HTTP2Proven, w.Headers())
	}
	var w HTTP2Walk
	for i := range all {
		require.True(t, w.Take(all[i:i+1]), i)
	}
	require.Zero(t, w.Left())
}

// TestWalkMisses: bytes of a payload may go by unseen, others may not.
func TestWalkMisses(t *testing.T) {
	head, rest := conversation[3][:9], len(conversation[3])-9
	var w HTTP2Walk
	w.Trust()
	require.True(t, w.Take([]byte(head)))
	w.Miss(rest - 1)
	assert.Equal(t, 1, w.Left())
	w.Miss(1)
	assert.Equal(t, HTTP2Proven, w.Headers())
	require.True(t, w.Take([]byte(conversation[4])))
	w.Miss(1)
	assert.Zero(t, w.Headers(), "between frames nothing may go by")
	w.Trust()
	require.True(t, w.Take([]byte(head[:5])))
	w.Miss(4)
	assert.Zero(t, w.Headers(), "nor within a header")
	w.Trust()
	require.True(t, w.Take([]byte(head)))
	w.Miss(rest + 1)
	assert.Zero(t, w.Headers(), "nor more than the payload")
}

// TestJoinsMidway: frames prove each other, wherever the agent joins.
func TestJoinsMidway(t *testing.T) {
	whole := strings.Join(conversation, "")
	var w HTTP2Walk
	require.True(t, w.Take([]byte(whole)))
	assert.True(t, w.Proven(len(whole)))

	for i := range len(conversation) - 1 { // two frames that are an I/O
		w = HTTP2Walk{}
		both := conversation[i] + conversation[i+1]
		require.True(t, w.Take([]byte(both)))
		assert.True(t, w.Proven(len(both)), "%q", both[:20])
		w = HTTP2Walk{}
		require.True(t, w.Take([]byte(conversation[i])))
		assert.False(t, w.Proven(len(conversation[i])), "one frame is not enough: %q", conversation[i][:9])
	}

	w = HTTP2Walk{} // a program that reads a header, then as much as it says
	for i, io := range []string{conversation[2][:9], conversation[2][9:], conversation[3][:9]} {
		require.True(t, w.Take([]byte(io)))
		assert.Equal(t, i == 2, w.Proven(len(io)))
	}

	w = HTTP2Walk{}
	assert.False(t, w.Take([]byte(whole[3:])), "the middle of a frame is no header")
	assert.Zero(t, w.Headers())

	lone := conversation[6]
	assert.True(t, HTTP2LoneHeaders([]byte(lone), len(lone)))
	assert.False(t, HTTP2LoneHeaders([]byte(lone), len(lone)+1), "it is not all of its I/O")
	assert.False(t, HTTP2LoneHeaders([]byte(conversation[4]), len(conversation[4])))
}

func TestPrefaces(t *testing.T) {
	client, server := preface+conversation[0], conversation[0]
	for n := range len(client) + 1 {
		assert.Equal(t, n >= len(preface), HTTP2Client([]byte(client[:n])), n)
	}
	assert.True(t, HTTP2Server([]byte(server)))
	for n := range len(server) {
		assert.False(t, HTTP2Server([]byte(server[:n])), n)
	}
	assert.False(t, HTTP2Server([]byte(frame(4, 0, 0, ""))), "an empty one is nine bytes of which eight are zero")
	assert.False(t, HTTP2Server([]byte(frame(4, 1, 0, "\x00\x03\x00\x00\x00\x64"))))
	assert.False(t, HTTP2Server([]byte(frame(4, 0, 0, "\x01\x03\x00\x00\x00\x64"))))
	assert.False(t, HTTP2Server([]byte(frame(4, 0, 1, "\x00\x03\x00\x00\x00\x64"))))
}

// claimed tells whether any test takes bytes for HTTP/2: as the first of a
// connection, or as an I/O in the midst of one.
func claimed(b []byte) bool {
	if HTTP2Client(b) || HTTP2Server(b) || HTTP2LoneHeaders(b, len(b)) {
		return true
	}
	var w HTTP2Walk
	return w.Take(b) && w.Proven(len(b))
}

// TestNotHTTP2: no other protocol is taken for it, by whatever part of it an I/O
// is.
func TestNotHTTP2(t *testing.T) {
	for _, p := range otherProtocols {
		if strings.HasPrefix(p.what, "HTTP/2") {
			continue
		}
		t.Run(p.what, func(t *testing.T) {
			for from := range p.first {
				for repeat := range 4 {
					b := bytes.Repeat([]byte(p.first[from:]), repeat+1)
					assert.False(t, claimed(b), "%q", b)
				}
			}
		})
	}
}

// quotedBytes reads the quoted parts of a file of a corpus.
func quotedBytes(t *testing.T, file string) (parts [][]byte) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	input, _, _ := strings.Cut(string(b), "\nexpect\n")
	for line := range strings.Lines(input) {
		from := strings.IndexByte(line, '"')
		if from < 0 || !strings.ContainsAny(line[:1], "<>") {
			continue
		}
		s, err := strconv.Unquote(strings.TrimSpace(line[from:]))
		require.NoError(t, err, file)
		parts = append(parts, []byte(s))
	}
	return parts
}

// corpora of all parsers.
func corpora(t *testing.T) []string {
	files, err := filepath.Glob("../../receiver/ebpfreceiver/internal/protocol/*/testdata/*/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// TestCorporaAreNotHTTP2: nothing in the corpora of the other protocols is taken
// for HTTP/2, from whatever byte on.
func TestCorporaAreNotHTTP2(t *testing.T) {
	others := 0
	for _, file := range corpora(t) {
		if strings.Contains(file, "/http2/") {
			continue
		}
		others++
		for _, part := range quotedBytes(t, file) {
			for from := range part {
				require.False(t, claimed(part[from:]), "%s: %q", file, part[from:])
			}
		}
	}
	require.NotZero(t, others)
}

// TestRandomIsNotHTTP2: neither random bytes nor small binary numbers are.
func TestRandomIsNotHTTP2(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	b := make([]byte, 60)
	for _, most := range []uint32{256, 16, 10, 6, 4} {
		for range 100_000 {
			for i := range b {
				b[i] = byte(random.Uint32N(most))
			}
			require.False(t, claimed(b), "%q", b)
		}
	}
	require.False(t, claimed(make([]byte, 60)))
}

// FuzzWalk: cut anywhere, a walk finds what it finds in one piece.
func FuzzWalk(f *testing.F) {
	f.Add([]byte(preface+strings.Join(conversation, "")), uint16(30))
	f.Add([]byte(strings.Join(conversation[1:3], "")), uint16(5))
	f.Fuzz(func(t *testing.T, b []byte, at uint16) {
		cut := min(int(at), len(b))
		var whole, parts HTTP2Walk
		if whole.Take(b) {
			if !parts.Take(b[:cut]) || !parts.Take(b[cut:]) {
				t.Fatalf("%q is lost if it is cut at %d", b, cut)
			}
			if whole.Left() != parts.Left() || whole.Headers() != parts.Headers() {
				t.Fatalf("%q, cut at %d", b, cut)
			}
		}
	})
}
