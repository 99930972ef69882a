// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/memcached"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/mysql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/postgresql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/redis"
)

// TestEveryDetectedProtocolHasItsParser: what the kernel claims can be read, and
// nothing else.
func TestEveryDetectedProtocolHasItsParser(t *testing.T) {
	assert.Equal(t, http1.Parser{}, Of(uint8(bpf.SocketProtocolPROTOCOL_HTTP1)).Parser)
	assert.Equal(t, redis.Parser{}, Of(uint8(bpf.SocketProtocolPROTOCOL_REDIS)).Parser)
	assert.Nil(t, Of(uint8(bpf.SocketProtocolPROTOCOL_UNDECIDED)).Parser)
	assert.Nil(t, Of(uint8(bpf.SocketProtocolPROTOCOL_MUTED)).Parser)
	assert.Equal(t, mysql.Parser{System: "mysql"}, Of(uint8(bpf.SocketProtocolPROTOCOL_MYSQL)).Parser)
	assert.Equal(t, mysql.Parser{System: "mariadb"}, Of(uint8(bpf.SocketProtocolPROTOCOL_MARIADB)).Parser)
	assert.Equal(t, postgresql.Parser{}, Of(uint8(bpf.SocketProtocolPROTOCOL_POSTGRESQL)).Parser)
	assert.Equal(t, memcached.Parser{}, Of(uint8(bpf.SocketProtocolPROTOCOL_MEMCACHED)).Parser)
	assert.Len(t, entries, 8)
	for number, e := range entries {
		assert.NotEmpty(t, e.Family)
		assert.NotEmpty(t, e.ServerMetric)
		assert.NotEmpty(t, e.ClientMetric)
		assert.Contains(t, Detected(e.Group), number)
	}
	assert.Equal(t, http2.Parser{}, Streams(uint8(bpf.SocketProtocolPROTOCOL_HTTP2)))
	assert.Nil(t, Streams(uint8(bpf.SocketProtocolPROTOCOL_HTTP1)))
	assert.Equal(t, http1.Pipelined{}, Streams(uint8(bpf.SocketProtocolPROTOCOL_PIPELINED)))
	assert.Len(t, streams, 2)
}
