// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// FuzzSession feeds both directions from anywhere, in pieces, with gaps.
func FuzzSession(f *testing.F) {
	for _, c := range loadConversations(f) {
		client, server := c.Directions()
		f.Add(client, server, uint16(13), uint16(0), c.Link.Kind == protocol.Client, c.Link.FromStart)
		f.Add(client, server, uint16(40), uint16(60), c.Link.Kind == protocol.Client, c.Link.FromStart)
	}
	f.Fuzz(func(t *testing.T, client, server []byte, piece, gapAt uint16, isClient, fromStart bool) {
		room := &protocol.Room{Streams: 100, Bytes: 100_000}
		whole := *room
		link := &protocol.Link{FromStart: fromStart}
		if fromStart {
			link.Kind = protocol.Server
			if isClient {
				link.Kind = protocol.Client
			}
		}
		var got found
		s := got.start(link, room)
		size := int(piece)%512 + 1
		ns := uint64(1)
		feed := func(b []byte, d protocol.Direction) []byte {
			n := min(size, len(b))
			ns++
			if gapAt > 0 && ns%uint64(gapAt) == 0 {
				s.Miss(d, uint32(n), ns, false)
			} else {
				s.Read(&protocol.Chunk{Direction: d, Bytes: b[:n], Begins: true, TimeNs: ns, QueueNs: 1, QueueKnown: true})
			}
			return b[n:]
		}
		requests, responses := protocol.Received, protocol.Sent
		if isClient {
			requests, responses = responses, requests
		}
		for len(client)+len(server) > 0 {
			client = feed(client, requests)
			server = feed(server, responses)
		}
		require.LessOrEqual(t, whole.Streams-room.Streams, 100)
		s.Expire(ns)
		s.Close(isClient, ns+1)
		require.Equal(t, whole, *room, "what was held is given back")
		require.Zero(t, got.session.early)
		require.Zero(t, got.session.touched)
		for i := range got.calls {
			requireSound(t, &got.calls[i].call)
		}
	})
}

// requireSound checks what holds for every call.
func requireSound(t *testing.T, call *protocol.Call) {
	seen := map[string]bool{}
	for _, a := range call.Attributes {
		require.False(t, seen[a.Key], "%s is there twice", a.Key)
		seen[a.Key] = true
		require.True(t, utf8.ValidString(a.Text), "%s is not UTF-8", a.Key)
		if a.Key == semconv.RPCMethod && a.Text != otherMethod {
			_, ok := fullMethod("/" + a.Text)
			require.True(t, ok, "%q is no method", a.Text)
		}
	}
	require.NotEmpty(t, call.Name)
	require.True(t, utf8.ValidString(call.Name))
	require.NotEmpty(t, call.StatusClass)
	require.NotZero(t, call.Kind)
	require.GreaterOrEqual(t, call.EndUnixNano, call.StartUnixNano)
	require.Equal(t, call.Family == semconv.ProtocolGRPC, seen[semconv.RPCSystemName])
	require.False(t, seen[semconv.RPCSystemName] && seen[semconv.HTTPRequestMethod], "one family at most")
}
