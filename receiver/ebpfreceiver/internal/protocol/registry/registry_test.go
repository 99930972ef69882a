// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
)

// TestEveryDetectedProtocolHasItsParser: what the kernel claims can be read, and
// nothing else.
func TestEveryDetectedProtocolHasItsParser(t *testing.T) {
	assert.Equal(t, http1.Parser{}, Parser(uint8(bpf.SocketProtocolPROTOCOL_HTTP1)))
	assert.Nil(t, Parser(uint8(bpf.SocketProtocolPROTOCOL_UNDECIDED)))
	assert.Nil(t, Parser(uint8(bpf.SocketProtocolPROTOCOL_MUTED)))
	assert.Len(t, parsers, 1)
	assert.Equal(t, http2.Parser{}, Streams(uint8(bpf.SocketProtocolPROTOCOL_HTTP2)))
	assert.Nil(t, Streams(uint8(bpf.SocketProtocolPROTOCOL_HTTP1)))
	assert.Len(t, streams, 1)
}
