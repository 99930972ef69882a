// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// TestRoutesAreBounded: of each process the first routes are told, and those again.
func TestRoutesAreBounded(t *testing.T) {
	r := newRoutes(3)
	one, other := &process.Identity{PID: 1}, &process.Identity{PID: 2}
	nameOf := func(id *process.Identity, route string) string {
		call := protocol.Call{Name: "GET", Route: route}
		r.put(id, &call)
		told := len(call.Attributes) == 1
		assert.Equal(t, told, call.Name != "GET")
		if told {
			assert.Equal(t, protocol.Attribute{Key: semconv.HTTPRoute, Text: route, Metric: true}, call.Attributes[0])
		}
		return call.Name
	}
	for i := range 5 {
		want := "GET"
		if i < 3 {
			want = fmt.Sprintf("GET /%d", i)
		}
		assert.Equal(t, want, nameOf(one, fmt.Sprintf("/%d", i)))
	}
	assert.Equal(t, "GET /2", nameOf(one, "/2"))
	assert.Equal(t, "GET /4", nameOf(other, "/4"))
	r.forget(one)
	assert.Equal(t, "GET /4", nameOf(one, "/4"))
}
