// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// TestPaths: where the path is asked for, a server's histogram gets it, whether spans
// are wanted or not, and nothing else changes.
func TestPaths(t *testing.T) {
	seen := 0
	for _, c := range loadExchanges(t) {
		for _, brief := range []bool{false, true} {
			plain, paths, turn := &protocol.Call{Brief: brief}, &protocol.Call{Brief: brief, Paths: true}, c.turn
			result := Parser{}.Parse(&turn, plain)
			turn = c.turn
			assert.Equal(t, result, Parser{}.Parse(&turn, paths), c.name)
			isPath := func(a protocol.Attribute) bool { return a.Key == semconv.URLPath }
			i := slices.IndexFunc(paths.Attributes, isPath)
			if i >= 0 && c.turn.Kind == protocol.Server {
				assert.True(t, paths.Attributes[i].Metric, c.name)
				seen++
			} else if i >= 0 {
				assert.False(t, paths.Attributes[i].Metric, c.name)
			}
			assert.Equal(t, append([]protocol.Attribute{}, slices.DeleteFunc(plain.Attributes, isPath)...),
				append([]protocol.Attribute{}, slices.DeleteFunc(paths.Attributes, isPath)...), c.name)
		}
	}
	assert.NotZero(t, seen)
}
