// SPDX-License-Identifier: Apache-2.0

package record

import (
	"bytes"
	"encoding/binary"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
)

// places of members in an exchange's sample, by the layout that TestLayouts holds.
const (
	requestLenAt  = 110
	responseLenAt = 144
	nameLenAt     = 146
)

// sampleOf writes an exchange as the kernel does: the header, then what was
// captured, and no more.
func sampleOf(request, response string) []byte {
	e := bpf.SocketExchangeRecord{
		Kind: uint8(KindExchange), Role: RoleServer, Protocol: ProtocolHTTP1, Outcome: AbortedByClient,
		Flags: FlagRequestGap | FlagJoinedMidway, Status: 503, Sequence: 7, Conn: 0x1122334455667788,
		Process: Process{Tgid: 42, ExecId: 3, Start: 99}, StartNs: 1, EndNs: 5, LocalPort: 8080, RemotePort: 40000,
		RequestLen: uint16(len(request)), ResponseLen: uint16(len(response)),
	}
	copy(e.Data[:], request+response)
	all := unsafe.Slice((*byte)(unsafe.Pointer(&e)), unsafe.Sizeof(e))
	return bytes.Clone(all[:exchangeHeader+len(request)+len(response)])
}

func TestDecodeExchange(t *testing.T) {
	sample := sampleOf("GET / HTTP/1.1\r\n", "HTTP/1.1 503 no\r\n")
	assert.Equal(t, uint16(16), binary.NativeEndian.Uint16(sample[requestLenAt:]))
	assert.Equal(t, uint16(17), binary.NativeEndian.Uint16(sample[responseLenAt:]))
	kind, err := KindOf(sample)
	require.NoError(t, err)
	assert.Equal(t, KindExchange, kind)

	var e Exchange
	require.NoError(t, DecodeExchange(sample, &e))
	clear(sample) // ring memory is reused
	assert.Equal(t, "GET / HTTP/1.1\r\n", string(e.Request()))
	assert.Equal(t, "HTTP/1.1 503 no\r\n", string(e.Response()))
	assert.Equal(t, Process{Tgid: 42, ExecId: 3, Start: 99}, e.Process)
	assert.Equal(t, uint64(0x1122334455667788), e.Conn)
	assert.Equal(t, uint32(7), e.Sequence)
	assert.Equal(t, uint16(503), e.Status)
	assert.Equal(t, AbortedByClient, e.Outcome)
	assert.Equal(t, FlagRequestGap|FlagJoinedMidway, e.Flags)
}

// TestSocketName: the name follows what was captured of the exchange.
func TestSocketName(t *testing.T) {
	for name, want := range map[string]string{
		"/run/shop.sock":     "/run/shop.sock",
		"/run/shop.sock\x00": "/run/shop.sock", // some programs give the length with the end
		"\x00shop":           "@shop",
		"":                   "",
	} {
		sample := append(sampleOf("GET / HTTP/1.1\r\n", "HTTP/1.1 200"), name...)
		binary.NativeEndian.PutUint16(sample[nameLenAt:], uint16(len(name)))
		var e Exchange
		require.NoError(t, DecodeExchange(sample, &e))
		assert.Equal(t, want, e.SocketName())
		assert.Equal(t, "HTTP/1.1 200", string(e.Response()))
		if len(name) > 0 {
			require.ErrorIs(t, DecodeExchange(sample[:len(sample)-1], &e), ErrShort)
		}
	}
}

// TestDecodeIntoUsed: an Exchange is used again and again; the bytes of the one
// before are not told as those of the next.
func TestDecodeIntoUsed(t *testing.T) {
	var e Exchange
	require.NoError(t, DecodeExchange(sampleOf("GET /secret HTTP/1.1\r\n", "HTTP/1.1 200"), &e))
	require.NoError(t, DecodeExchange(sampleOf("GET / HT", ""), &e))
	assert.Equal(t, "GET / HT", string(e.Request()))
	assert.Empty(t, e.Response())
}

func TestDecodeExchangeRefuses(t *testing.T) {
	set := func(at int, n uint16) func([]byte) []byte {
		return func(b []byte) []byte {
			binary.NativeEndian.PutUint16(b[at:], n)
			return b
		}
	}
	tests := []struct {
		what  string
		spoil func([]byte) []byte
	}{
		{"no bytes", func([]byte) []byte { return nil }},
		{"its kind alone", func(b []byte) []byte { return b[:1] }},
		{"a header short of one byte", func(b []byte) []byte { return b[:exchangeHeader-1] }},
		{"a captured byte missing", func(b []byte) []byte { return b[:len(b)-1] }},
		{"a request of more than was sent", set(requestLenAt, 40)},
		{"a response of more than was sent", set(responseLenAt, 40)},
		{"a request of more than there is room for", set(requestLenAt, 513)},
		{"lengths whose sum overflows 16 bits", func(b []byte) []byte {
			return set(requestLenAt, 0xFFFF)(set(responseLenAt, 0xFFFF)(b))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			var e Exchange
			err := DecodeExchange(tt.spoil(sampleOf("GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n")), &e)
			require.ErrorIs(t, err, ErrShort)
		})
	}
}

func TestDecodeTail(t *testing.T) {
	in := bpf.SocketTailRecord{Kind: uint8(KindTail), Flags: 1, Sequence: 3, Conn: 9, EndNs: 77, ResponseBytes: 5000}
	sample := bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&in)), unsafe.Sizeof(in)))
	kind, err := KindOf(sample)
	require.NoError(t, err)
	assert.Equal(t, KindTail, kind)
	var out Tail
	require.NoError(t, DecodeTail(sample, &out))
	clear(sample)
	assert.Equal(t, in, out.SocketTailRecord)
	assert.True(t, out.Final())
	out.Flags = 0
	assert.False(t, out.Final())
	for n := range sample {
		require.ErrorIs(t, DecodeTail(sample[:n], &out), ErrShort)
	}
	_, err = KindOf(nil)
	require.ErrorIs(t, err, ErrShort)
}

// FuzzDecode: no sample makes the decoder read beyond it.
func FuzzDecode(f *testing.F) {
	f.Add(sampleOf("GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n"))
	f.Add(sampleOf("", ""))
	f.Fuzz(func(t *testing.T, sample []byte) {
		var e Exchange
		if DecodeExchange(sample, &e) == nil {
			captured := len(e.Request()) + len(e.Response())
			require.LessOrEqual(t, exchangeHeader+captured, len(sample))
			require.Equal(t, sample[exchangeHeader:exchangeHeader+captured], append(bytes.Clone(e.Request()), e.Response()...))
		}
		var tail Tail
		_ = DecodeTail(sample, &tail)
	})
}
