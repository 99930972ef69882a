// SPDX-License-Identifier: Apache-2.0

package registry

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
)

// TestEveryDetectedProtocolHasItsParser: what the kernel claims can be read, and
// nothing else.
func TestEveryDetectedProtocolHasItsParser(t *testing.T) {
	assert.Equal(t, http1.Parser{}, Parser(uint8(bpf.SocketProtocolPROTOCOL_HTTP1)))
	assert.Nil(t, Parser(uint8(bpf.SocketProtocolPROTOCOL_UNDECIDED)))
	assert.Nil(t, Parser(uint8(bpf.SocketProtocolPROTOCOL_MUTED)))
	assert.Len(t, parsers, 1)
}
