// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIsEvents(t *testing.T) {
	for contentType, want := range map[string]bool{
		"text/event-stream": true, "Text/Event-Stream": true, "text/event-stream;charset=utf-8": true, "text/event-stream ; charset=utf-8": true,
		"": false, "text/event": false, "text/event-streams": false, "text/plain": false, "application/grpc": false,
	} {
		assert.Equal(t, want, IsEvents(contentType), contentType)
	}
}

func TestIsLongPoll(t *testing.T) {
	for prefer, want := range map[string]bool{
		"wait=30": true, "respond-async, wait=100": true, "Wait = 5": true, `wait="5"; x=1`: true,
		"": false, "wait": false, "wait=0": false, "respond-async": false, "waiting=5": false, "return=minimal; wait=1": false,
	} {
		assert.Equal(t, want, IsLongPoll(prefer), prefer)
	}
}
