// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"encoding/binary"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// frame writes a frame of HTTP/2.
func frame(kind, flags byte, stream uint32, payload string) string {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	return string(binary.BigEndian.AppendUint32(append(b, flags), stream)) + payload
}

const (
	kindData         = 0
	kindHeaders      = 1
	kindSettings     = 4
	kindWindowUpdate = 8
)

// multiplexed are turns over HTTP/2; to the peers they are turns like others.
var (
	http2Hello   = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kindSettings, 0, 0, "\x00\x03\x00\x00\x00\x64")
	http2Request = frame(kindHeaders, 0x4, 1, "\x83\x86\x84\x01\x06peers!") + frame(kindData, 0x1, 1, strings.Repeat("question", 8))
	http2Answer  = frame(kindHeaders, 0x4, 1, "\x88") + frame(kindData, 0x1, 1, "answer")
	http2Large   = frame(kindHeaders, 0x4, 1, "\x88") + frame(kindData, 0, 1, strings.Repeat("body", 4096)) +
		frame(kindData, 0x1, 1, strings.Repeat("rest", 3000)) + frame(kindWindowUpdate, 0, 0, "\x00\x00\x10\x00")
)

// hellos are what clients say before their first turn.
var hellos = map[string]string{"http2": http2Hello, "http2large": http2Hello}

func init() {
	turns["http2"] = struct{ request, response string }{http2Request, http2Answer}
	turns["http2large"] = struct{ request, response string }{http2Request, http2Large}
}

// chunkStream is what chunks tell of one direction at one end.
type chunkStream struct {
	bytes   []byte // captured
	missing int    // bytes that passed and were not captured
	next    uint32
	chunks  int
	trusted int // chunks that tell where the next frame begins
	start   int // chunks of a connection known from its start
}

// chunkKey names a direction at one end. Of connections that are joined midway the
// ends have no role: there the connection tells them apart.
type chunkKey struct {
	role, direction uint8
	conn            uint64
}

// drainChunks reads what the ring has of the peers' chunks.
func drainChunks(t *testing.T, c *Capture, p *peers) (streams map[chunkKey]*chunkStream, all int, closed map[uint8]record.Chunk) {
	streams, closed = map[chunkKey]*chunkStream{}, map[uint8]record.Chunk{}
	var r record.Chunk
	require.NoError(t, c.Drain(func(sample []byte) {
		kind, err := record.KindOf(sample)
		require.NoError(t, err)
		if kind != record.KindChunk {
			return
		}
		all++
		require.NoError(t, record.DecodeChunk(sample, &r))
		if int(r.Process.Tgid) != p.pid {
			return
		}
		if r.Flags&record.ChunkClosed != 0 {
			closed[r.Role] = r
			return
		}
		key := chunkKey{role: r.Role, direction: r.Direction}
		if r.Role == 0 {
			key.conn = r.Conn
		}
		s := streams[key]
		if s == nil {
			s = &chunkStream{next: r.Position}
			streams[key] = s
		}
		s.missing += int(int32(r.Position - s.next))
		s.bytes = append(s.bytes, r.Bytes()...)
		s.next = r.Position + uint32(r.Len)
		if r.Flags&record.ChunkLast != 0 {
			s.missing += int(int32(r.End - s.next))
			s.next = r.End
		}
		s.chunks++
		if _, known := r.NextBoundary(); known {
			s.trusted++
		}
		if r.Flags&record.ChunkFromStart != 0 {
			s.start++
		}
		if queued := r.Flags&record.ChunkQueueKnown != 0; r.Direction == record.DirectionSent || r.Role == record.RoleClient {
			assert.False(t, queued, "clients have no queue time")
		} else if r.Role == record.RoleServer && len(r.Bytes()) > 0 && !strings.HasPrefix(string(r.Bytes()), http2Hello) {
			assert.True(t, queued, "servers have one, unless an I/O is of bytes that came at several times")
		}
	}))
	return streams, all, closed
}

// eachStream asks that every byte of both directions was told once at each end, in order,
// and shows what else was told of each.
func eachStream(t *testing.T, streams map[chunkKey]*chunkStream, requests, responses string, show func(s *chunkStream, what string)) {
	t.Helper()
	for key, want := range map[chunkKey]string{
		{role: record.RoleServer, direction: record.DirectionReceived}: requests,
		{role: record.RoleServer, direction: record.DirectionSent}:     responses,
		{role: record.RoleClient, direction: record.DirectionSent}:     requests,
		{role: record.RoleClient, direction: record.DirectionReceived}: responses,
	} {
		what := fmt.Sprintf("%+v", key)
		s := streams[key]
		require.NotNil(t, s, what)
		assert.Equal(t, want, string(s.bytes), what)
		assert.Zero(t, s.missing, what)
		show(s, what)
	}
}

// TestChunks: every byte of a connection of HTTP/2 is told once at each end, in
// order, from the preface on.
func TestChunks(t *testing.T) {
	eachBackend(t, "chunks", func(t *testing.T, name string) {
		const n = 200
		c, p := wholeRun(t, name, "http2", 8<<20, n)
		streams, all, _ := drainChunks(t, c, p)
		requests := http2Hello + strings.Repeat(http2Request, n)
		responses := strings.Repeat(http2Answer, n)
		eachStream(t, streams, requests, responses, func(s *chunkStream, what string) {
			assert.Equal(t, s.chunks, s.trusted, what)
			assert.Equal(t, s.chunks, s.start, what)
		})
		counters, err := c.Counters()
		require.NoError(t, err)
		assert.EqualValues(t, all, counters.Chunks)
		assert.Zero(t, counters.Lost["chunk_ring_full"])
		assert.Zero(t, counters.Lost["chunk_cut"])
	})
}

// TestChunksOfBodies: bodies are not copied, and the bytes that are left out are
// those of DATA frames alone: what is captured walks from header to header.
func TestChunksOfBodies(t *testing.T) {
	eachBackend(t, "bodies", func(t *testing.T, name string) {
		const n = 50
		c, p := wholeRun(t, name, "http2large", 8<<20, n)
		streams, _, _ := drainChunks(t, c, p)
		for _, key := range []chunkKey{{role: record.RoleServer, direction: record.DirectionSent}, {role: record.RoleClient, direction: record.DirectionReceived}} {
			s := streams[key]
			require.NotNil(t, s)
			assert.Equal(t, n*len(http2Large), len(s.bytes)+s.missing)
			assert.Less(t, len(s.bytes), n*len(http2Large)/5, "of %d bytes", n*len(http2Large))
			assert.Equal(t, s.chunks, s.trusted)
			assert.Equal(t, n, strings.Count(string(s.bytes), http2Large[:10]), "the head of each response")
			assert.Equal(t, n, strings.Count(string(s.bytes), frame(kindWindowUpdate, 0, 0, "\x00\x00\x10\x00")), "what follows a body")
		}
	})
}

// TestChunksMidway: a connection that is older than the agent is known by its
// frames.
func TestChunksMidway(t *testing.T) {
	eachBackend(t, "midway", func(t *testing.T, name string) {
		p := startPeers(t, "http2")
		p.play(t, 3)
		c := open(t, name, 8<<20)
		const n = 20
		p.play(t, n)
		require.NoError(t, c.Detach())
		streams, _, _ := drainChunks(t, c, p)
		counters, err := c.Counters()
		require.NoError(t, err)
		if counters.Lost[recursionMisses] != 0 {
			t.Skip("the kernel skipped a hook")
		}
		both := ""
		for key, s := range streams {
			assert.Zero(t, key.role, "which side is the server is for the headers to tell")
			assert.Zero(t, s.missing)
			assert.Zero(t, s.start)
			assert.Equal(t, s.chunks, s.trusted)
			both += string(s.bytes)
		}
		require.Len(t, streams, 4, "two directions at two ends")
		assert.Equal(t, 2*n, strings.Count(both, http2Request))
		assert.Equal(t, 2*n, strings.Count(both, http2Answer))
	})
}

// TestChunksLost: what finds no room in the ring is counted, and positions tell
// how much it was.
func TestChunksLost(t *testing.T) {
	eachBackend(t, "lost", func(t *testing.T, name string) {
		const n = 300
		c, p := wholeRun(t, name, "http2", os.Getpagesize(), n)
		_, all, _ := drainChunks(t, c, p)
		counters, err := c.Counters()
		require.NoError(t, err)
		assert.EqualValues(t, all, counters.Chunks)
		assert.NotZero(t, counters.Lost["chunk_ring_full"])
	})
}
