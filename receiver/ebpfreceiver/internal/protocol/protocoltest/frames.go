// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Flags of frames (RFC 9113, section 6).
const (
	flagAck        = 0x1
	flagEndStream  = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20
)

// FrameWriter writes the frames of one direction.
type FrameWriter struct {
	t       testing.TB
	block   bytes.Buffer
	encoder *hpack.Encoder
}

// NewFrameWriter returns one with an empty table of headers.
func NewFrameWriter(t testing.TB) *FrameWriter {
	w := &FrameWriter{t: t}
	w.encoder = hpack.NewEncoder(&w.block)
	w.encoder.SetMaxDynamicTableSizeLimit(1 << 20)
	return w
}

// RawFrame writes a frame.
func RawFrame(kind http2.FrameType, flags byte, stream uint32, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return append(binary.BigEndian.AppendUint32(append(b, flags), stream), payload...)
}

func (w *FrameWriter) number(s string) int {
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

// Frame writes the frame that a text describes (see Conversation).
func (w *FrameWriter) Frame(text string) []byte {
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
		return RawFrame(http2.FrameSettings, 0, 0, b)
	case "ack":
		return RawFrame(http2.FrameSettings, flagAck, 0, nil)
	case "headers":
		return w.headers(http2.FrameHeaders, at(1), nil, word[2:])
	case "push":
		return w.headers(http2.FramePushPromise, at(1), binary.BigEndian.AppendUint32(nil, at(2)), word[3:])
	case "data":
		return w.data(at(1), word[2:])
	case "rst":
		return RawFrame(http2.FrameRSTStream, 0, at(1), binary.BigEndian.AppendUint32(nil, at(2)))
	case "goaway":
		return RawFrame(http2.FrameGoAway, 0, 0, binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, at(1)), at(2)))
	case "ping":
		return RawFrame(http2.FramePing, 0, 0, []byte("pingpong"))
	case "window":
		return RawFrame(http2.FrameWindowUpdate, 0, at(1), []byte{0, 0, 16, 0})
	case "priority":
		return RawFrame(http2.FramePriority, 0, at(1), []byte{0, 0, 0, 0, 15})
	case "unknown":
		return RawFrame(http2.FrameType(w.number(word[1])), 0, 0, make([]byte, w.number(word[2])))
	case "raw":
		s, err := strconv.Unquote(word[1])
		require.NoError(w.t, err)
		return []byte(s)
	}
	require.Fail(w.t, "no such frame", text)
	return nil
}

func (w *FrameWriter) data(stream uint32, word []string) []byte {
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
	return RawFrame(http2.FrameData, flags, stream, payload)
}

func (w *FrameWriter) headers(kind http2.FrameType, stream uint32, prefix []byte, word []string) []byte {
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
		return RawFrame(kind, flags, stream, pad(append(prefix, block...)))
	}
	third := len(block) / 3
	out := RawFrame(kind, flags&^flagEndHeaders, stream, pad(append(prefix, block[:third]...)))
	out = append(out, RawFrame(http2.FrameContinuation, 0, stream, block[third:2*third])...)
	return append(out, RawFrame(http2.FrameContinuation, flagEndHeaders, stream, block[2*third:])...)
}
