// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"unsafe"

	"github.com/sloe-dev/sloe/bpf"
)

// OpenExchange is a request that is unanswered past Options.StuckAfter.
type OpenExchange = bpf.SocketOpenExchange

// OpenExchanges lists the requests that are unanswered now, by walking over the
// sockets' storage.
func (c *Capture) OpenExchanges() ([]OpenExchange, error) {
	b, err := walk(c.programs["list_open"], c.objects.Connections)
	if err != nil {
		return nil, err
	}
	size := int(unsafe.Sizeof(OpenExchange{}))
	out := make([]OpenExchange, len(b)/size)
	for i := range out {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&out[i])), size), b[i*size:])
	}
	return out, nil
}
