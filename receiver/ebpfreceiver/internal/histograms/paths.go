// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// maxPaths bounds the paths of one process: callers choose them, and those of one
// server must not use up the series of all.
const maxPaths = 256

// paths are the values of url.path of each process, the first ones that it had.
type paths map[*process.Identity]map[string]struct{}

// bound returns the path, or that it is another than those which there is room for.
func (p paths) bound(id *process.Identity, path string) string {
	known := p[id]
	if known == nil {
		known = map[string]struct{}{}
		p[id] = known
	}
	if _, ok := known[path]; !ok {
		if len(known) >= maxPaths {
			return protocol.OtherPath
		}
		known[path] = struct{}{}
	}
	return path
}
