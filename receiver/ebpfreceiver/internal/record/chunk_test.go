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

// places of members in a chunk's sample, by the layout that TestLayouts holds.
const (
	chunkLenAt     = 6
	chunkNameLenAt = 70
)

// chunkOf writes a chunk as the kernel does.
func chunkOf(data, name string) []byte {
	c := bpf.SocketChunkRecord{
		Kind: uint8(KindChunk), Role: RoleServer, Protocol: ProtocolHTTP2, Direction: DirectionSent,
		Flags: ChunkBegins | ChunkLast, Position: 0xfffffff0, End: 16, Boundary: 9, Conn: 7, TimeNs: 99, Family: familyUnix,
		Len: uint16(len(data)), NameLen: uint16(len(name)), Process: Process{Tgid: 42, ExecId: 3, Start: 1},
	}
	copy(c.Data[:], data+name)
	all := unsafe.Slice((*byte)(unsafe.Pointer(&c)), unsafe.Sizeof(c))
	return bytes.Clone(all[:chunkHeader+len(data)+len(name)])
}

func TestDecodeChunk(t *testing.T) {
	sample := chunkOf("frames", "\x00shop")
	assert.Equal(t, uint16(6), binary.NativeEndian.Uint16(sample[chunkLenAt:]))
	assert.Equal(t, uint16(5), binary.NativeEndian.Uint16(sample[chunkNameLenAt:]))
	kind, err := KindOf(sample)
	require.NoError(t, err)
	assert.Equal(t, KindChunk, kind)

	var c Chunk
	require.NoError(t, DecodeChunk(sample, &c))
	clear(sample) // ring memory is reused
	assert.Equal(t, "frames", string(c.Bytes()))
	assert.Equal(t, "@shop", c.SocketName())
	assert.True(t, c.IsUnix())
	assert.Equal(t, uint32(32), c.End-c.Position, "positions wrap around")
	boundary, known := c.NextBoundary()
	assert.True(t, known)
	assert.Equal(t, uint32(9), boundary)
	c.Boundary = ^uint32(0)
	_, known = c.NextBoundary()
	assert.False(t, known)
}

func TestDecodeChunkRefuses(t *testing.T) {
	for what, spoil := range map[string]func([]byte) []byte{
		"no bytes":                      func([]byte) []byte { return nil },
		"a header short of one byte":    func(b []byte) []byte { return b[:chunkHeader-1] },
		"a captured byte missing":       func(b []byte) []byte { return b[:len(b)-1] },
		"more than there is room for":   func(b []byte) []byte { binary.NativeEndian.PutUint16(b[chunkLenAt:], 0xffff); return b },
		"a name longer than was sent":   func(b []byte) []byte { binary.NativeEndian.PutUint16(b[chunkNameLenAt:], 40); return b },
		"lengths whose sum is too much": func(b []byte) []byte { binary.NativeEndian.PutUint16(b[chunkNameLenAt:], 0xfff0); return b },
	} {
		t.Run(what, func(t *testing.T) {
			var c Chunk
			require.ErrorIs(t, DecodeChunk(spoil(chunkOf("frames", "x")), &c), ErrShort)
		})
	}
}

// FuzzDecodeChunk: no sample makes the decoder read beyond it.
func FuzzDecodeChunk(f *testing.F) {
	f.Add(chunkOf("frames", "name"))
	f.Add(chunkOf("", ""))
	f.Fuzz(func(t *testing.T, sample []byte) {
		var c Chunk
		if DecodeChunk(sample, &c) == nil {
			require.Equal(t, sample[chunkHeader:chunkHeader+int(c.Len)], c.Bytes())
			require.NotPanics(t, func() { c.SocketName() })
		}
	})
}
