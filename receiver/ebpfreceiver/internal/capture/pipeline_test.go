// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// pipelined are three requests in one write, and their answers in another.
var (
	pipelinedRequests = strings.Repeat("GET /p HTTP/1.1\r\nHost: peers\r\n\r\n", 3)
	pipelinedAnswers  = strings.Repeat(httpOK, 3)
)

func init() {
	turns["pipelined"] = struct{ request, response string }{pipelinedRequests, pipelinedAnswers}
}

// TestChunksOfPipelines: every byte of a connection of HTTP/1 that pipelines is told once at
// each end, from the first request on, and none of it is an exchange.
func TestChunksOfPipelines(t *testing.T) {
	eachBackend(t, "pipelines", func(t *testing.T, name string) {
		const n = 200
		c, p := wholeRun(t, name, "pipelined", 8<<20, n)
		streams, _, _ := drainChunks(t, c, p)
		eachStream(t, streams, strings.Repeat(pipelinedRequests, n), strings.Repeat(pipelinedAnswers, n), func(s *chunkStream, what string) {
			assert.Zero(t, s.trusted, "%s: there are no frames", what)
			assert.Equal(t, s.chunks, s.start, what)
		})
	})
}

// TestPipelineWhileOpen: a request that is written while another one is open takes that one
// along, and what was opened is accounted for.
func TestPipelineWhileOpen(t *testing.T) {
	eachBackend(t, "a pipeline in writes of its own", func(t *testing.T, name string) {
		c, client, server, port := openBoth(t, name)
		pass(t, client, server, httpGet)
		pass(t, server, client, httpOK) // a turn like others
		for range 3 {
			_, err := io.WriteString(client, httpGet)
			require.NoError(t, err)
		}
		_, err := io.ReadFull(server, make([]byte, 3*len(httpGet)))
		require.NoError(t, err)
		pass(t, server, client, strings.Repeat(httpOK, 3))
		require.NoError(t, c.Detach())

		got, exchanges := drainPipeline(t, c, port)
		asked, said := strings.Repeat(httpGet, 3), strings.Repeat(httpOK, 3)
		assert.Equal(t, map[[2]uint8]string{
			{record.RoleServer, record.DirectionReceived}: asked, {record.RoleServer, record.DirectionSent}: said,
			{record.RoleClient, record.DirectionSent}: asked, {record.RoleClient, record.DirectionReceived}: said,
		}, got)
		assert.Equal(t, 2, exchanges, "the turn before, at both ends")
		sum, err := c.sums()
		require.NoError(t, err)
		assert.EqualValues(t, 1, sum.Of[bpf.SocketCounterCOUNT_LEFT_TO_CHUNKS], "at the client: the server read all of it at once")
	})
}

// TestPipelineInPieces: a request of which a read, or a write, has the first byte alone is
// left to chunks with that, once the connection is known to pipeline.
func TestPipelineInPieces(t *testing.T) {
	eachBackend(t, "a pipeline in pieces", func(t *testing.T, name string) {
		c, client, server, port := openBoth(t, name)
		long := "GET /long HTTP/1.1\r\nHost: shop\r\nCookie: " + strings.Repeat("c", 400) + "\r\n\r\n"
		pass(t, client, server, long+long)
		pass(t, server, client, httpOK)
		pass(t, server, client, httpOK) // which tells that there were two
		pass(t, client, server, long[:1])
		pass(t, client, server, long[1:]+long)
		pass(t, server, client, httpOK+httpOK)
		require.NoError(t, c.Detach())

		got, exchanges := drainPipeline(t, c, port)
		asked, said := long+long, httpOK+httpOK
		assert.Equal(t, map[[2]uint8]string{
			{record.RoleServer, record.DirectionReceived}: asked, {record.RoleServer, record.DirectionSent}: said,
			{record.RoleClient, record.DirectionSent}: asked, {record.RoleClient, record.DirectionReceived}: said,
		}, got)
		assert.Equal(t, 2, exchanges, "the turn before, at both ends")
		sum, err := c.sums()
		require.NoError(t, err)
		assert.Zero(t, sum.Of[bpf.SocketCounterCOUNT_LEFT_TO_CHUNKS], "none was open")
	})
}

// openBoth opens the capture, and both ends of a connection at a server's port, which this
// process plays.
func openBoth(t *testing.T, name string) (c *Capture, client, server *net.TCPConn, port uint16) {
	t.Helper()
	c = open(t, name, 1<<20)
	require.NoError(t, c.objects.SelfTgid.Set(uint32(0)))
	client, server, err := connected()
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return c, client, server, uint16(server.LocalAddr().(*net.TCPAddr).Port)
}

// drainPipeline returns what the chunks of a server's port have, by role and direction, and
// how many exchanges there were at it.
func drainPipeline(t *testing.T, c *Capture, port uint16) (map[[2]uint8]string, int) {
	t.Helper()
	got := map[[2]uint8]string{}
	exchanges := 0
	var chunk record.Chunk
	var e record.Exchange
	require.NoError(t, c.Drain(func(sample []byte) {
		kind, err := record.KindOf(sample)
		require.NoError(t, err)
		switch kind {
		case record.KindChunk:
			require.NoError(t, record.DecodeChunk(sample, &chunk))
			if chunk.LocalPort == port || chunk.RemotePort == port {
				assert.Equal(t, record.ProtocolPipelined, chunk.Protocol)
				got[[2]uint8{chunk.Role, chunk.Direction}] += string(chunk.Bytes())
			}
		case record.KindExchange:
			require.NoError(t, record.DecodeExchange(sample, &e))
			if e.LocalPort == port || e.RemotePort == port {
				exchanges++
			}
		}
	}))
	return got, exchanges
}
