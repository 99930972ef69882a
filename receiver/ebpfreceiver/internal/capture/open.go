// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"fmt"
	"io"
	"unsafe"

	"github.com/cilium/ebpf/link"

	"github.com/sloe-dev/sloe/bpf"
)

// OpenExchange is a request that is unanswered past Options.StuckAfter.
type OpenExchange = bpf.SocketOpenExchange

// OpenExchanges lists the requests that are unanswered now, by walking over the
// sockets' storage.
func (c *Capture) OpenExchanges() ([]OpenExchange, error) {
	it, err := link.AttachIter(link.IterOptions{Program: c.programs["list_open"], Map: c.objects.Connections})
	if err != nil {
		return nil, fmt.Errorf("attach the iterator over connections: %w", err)
	}
	defer it.Close()
	r, err := it.Open()
	if err != nil {
		return nil, fmt.Errorf("open the iterator over connections: %w", err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("list the connections: %w", err)
	}
	size := int(unsafe.Sizeof(OpenExchange{}))
	out := make([]OpenExchange, len(b)/size)
	for i := range out {
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&out[i])), size), b[i*size:])
	}
	return out, nil
}
