// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"strings"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// PutStream marks a call that is open for as long as somebody wants.
func PutStream(call *protocol.Call, status int, events, longPoll bool) {
	switch {
	case status == 101:
		call.Text(semconv.Stream, semconv.StreamUpgrade, false)
	case events:
		call.Waits = true
		call.Text(semconv.Stream, semconv.StreamEvents, false)
	case longPoll:
		call.Waits = true
		call.Text(semconv.Stream, semconv.StreamLongPoll, false)
	}
}

// IsEvents tells the content type of server-sent events from others.
func IsEvents(contentType string) bool {
	const events = "text/event-stream"
	if len(contentType) < len(events) || !strings.EqualFold(contentType[:len(events)], events) {
		return false
	}
	rest := strings.TrimLeft(contentType[len(events):], " \t")
	return rest == "" || rest[0] == ';'
}

// IsLongPoll tells whether a value of Prefer asks the server to wait before it answers
// (RFC 7240, sections 2 and 4.3).
func IsLongPoll(prefer string) bool {
	for preference := range strings.SplitSeq(prefer, ",") {
		preference, _, _ = strings.Cut(preference, ";")
		name, value, ok := strings.Cut(preference, "=")
		if ok && strings.EqualFold(strings.TrimSpace(name), "wait") && strings.Trim(strings.TrimSpace(value), "\"0") != "" {
			return true
		}
	}
	return false
}
