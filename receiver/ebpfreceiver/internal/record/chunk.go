// SPDX-License-Identifier: Apache-2.0

package record

import (
	"fmt"
	"unsafe"

	"github.com/sloe-dev/sloe/bpf"
)

// Flags of a Chunk.
const (
	ChunkBegins     = uint16(bpf.SocketChunkFlagCHUNK_BEGINS)
	ChunkLast       = uint16(bpf.SocketChunkFlagCHUNK_LAST)
	ChunkNoPayload  = uint16(bpf.SocketChunkFlagCHUNK_NO_PAYLOAD)
	ChunkFromStart  = uint16(bpf.SocketChunkFlagCHUNK_FROM_START)
	ChunkQueueKnown = uint16(bpf.SocketChunkFlagCHUNK_QUEUE_KNOWN)
	ChunkClosed     = uint16(bpf.SocketChunkFlagCHUNK_CLOSED)
	ChunkFirst      = uint16(bpf.SocketChunkFlagCHUNK_FIRST)
	ChunkByPeer     = uint16(bpf.SocketChunkFlagCHUNK_BY_PEER)
)

// Directions of a Chunk (enum direction).
const (
	DirectionReceived = uint8(0)
	DirectionSent     = uint8(1)
)

// boundaryUnknown is BOUNDARY_UNKNOWN.
const boundaryUnknown = ^uint32(0)

// chunkHeader is the size of a chunk without its captured bytes.
const chunkHeader = int(unsafe.Offsetof(bpf.SocketChunkRecord{}.Data))

// Chunk is a piece of one direction of a connection. Times are nanoseconds of the
// monotonic clock.
type Chunk struct {
	bpf.SocketChunkRecord
}

// Bytes returns what was captured. It is part of the Chunk.
func (c *Chunk) Bytes() []byte { return c.Data[:c.Len] }

// SocketName is that of an Exchange.
func (c *Chunk) SocketName() string { return socketName(c.Data[c.Len : int(c.Len)+int(c.NameLen)]) }

// IsUnix tells whether the connection is one of Unix sockets.
func (c *Chunk) IsUnix() bool { return c.Family == familyUnix }

// NextBoundary returns how many bytes behind the chunk's first one the next frame
// begins, and false if that is not known.
func (c *Chunk) NextBoundary() (uint32, bool) { return c.Boundary, c.Boundary != boundaryUnknown }

// DecodeChunk copies a sample into c, which keeps no reference to it.
func DecodeChunk(sample []byte, c *Chunk) error {
	if len(sample) < chunkHeader {
		return fmt.Errorf("chunk of %d bytes: %w", len(sample), ErrShort)
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&c.SocketChunkRecord)), unsafe.Sizeof(c.SocketChunkRecord)), sample)
	if captured := int(c.Len) + int(c.NameLen); captured > len(c.Data) || captured > len(sample)-chunkHeader {
		return fmt.Errorf("chunk of %d bytes with %d captured: %w", len(sample), captured, ErrShort)
	}
	return nil
}
