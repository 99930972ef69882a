// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httproute"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// TestOptions: what is told of a stream only if it is asked for, and that what was held
// for it is given back.
func TestOptions(t *testing.T) {
	router, err := httproute.New([]string{"/users/{user}"}, false)
	require.NoError(t, err)
	options := &protocol.HTTPOptions{
		Router: router, ForwardedClient: true, BodySizes: true,
		RequestHeaders:  protocol.Headers{"x-request-id": {Attribute: "http.request.header.x-request-id"}, "cookie": {Attribute: "http.request.header.cookie", Redacted: true}},
		ResponseHeaders: protocol.Headers{"server": {Attribute: "http.response.header.server"}},
	}
	listed := func(key, text string) protocol.Attribute {
		return protocol.Attribute{Key: key, Text: text, Listed: true}
	}
	want := []protocol.Attribute{
		listed("http.request.header.x-request-id", "a"), listed("http.request.header.x-request-id", "b"), listed("http.request.header.cookie", "REDACTED"),
		{Key: "http.request.body.size", Number: 7}, listed("http.response.header.server", "nginx"), {Key: "http.response.body.size", Number: 3},
	}
	tests := map[string]struct {
		options *protocol.HTTPOptions
		frame   string // of the response's body
		status  string
		want    []protocol.Attribute
		client  string
		route   string
	}{
		"nothing":      {nil, "data 1 end 3", "200", nil, "10.0.0.2", ""},
		"all":          {options, "data 1 end 3", "200", want, "203.0.113.7", "/users/{user}"},
		"padded":       {options, "data 1 end padded 3", "200", want[:5], "203.0.113.7", "/users/{user}"},
		"no such path": {options, "data 1 end 3", "404", want, "203.0.113.7", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			room := &protocol.Room{Streams: 10, Bytes: 1 << 20}
			before := *room
			var got found
			link := &protocol.Link{Kind: protocol.Server, FromStart: true, Turn: protocol.Turn{
				Local: netip.MustParseAddrPort("10.0.0.1:8080"), Remote: netip.MustParseAddrPort("10.0.0.2:40000"),
			}}
			s := Parser{}.Open(link, &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts(), HTTP: tt.options}, Sink: &got, Room: room})
			got.session = s.(*session)
			asks, says := protocoltest.NewFrameWriter(t), protocoltest.NewFrameWriter(t)
			pass := func(d protocol.Direction, w *protocoltest.FrameWriter, frames ...string) {
				for _, f := range frames {
					s.Read(&protocol.Chunk{Direction: d, Bytes: w.Frame(f), Begins: true, TimeNs: 1})
				}
			}
			pass(protocol.Received, asks, "preface",
				"headers 1 :method=POST :scheme=http :path=/users/17?token=hunter2 :authority=x x-request-id=a x-request-id=b cookie=hunter2 x-forwarded-for=203.0.113.7",
				"data 1 4", "data 1 end 3")
			pass(protocol.Sent, says, "headers 1 :status="+tt.status+" content-type=text/plain server=nginx", tt.frame)
			require.Len(t, got.calls, 1)
			call := &got.calls[0].call
			assert.Equal(t, tt.route, call.Route)
			var more []protocol.Attribute
			client := ""
			for _, a := range call.Attributes {
				assert.NotContains(t, a.Text, "hunter2")
				switch {
				case a.Key == "client.address":
					client = a.Text
				case a.Listed, slices.Contains([]string{"http.request.body.size", "http.response.body.size"}, a.Key):
					more = append(more, a)
				}
			}
			assert.Equal(t, tt.want, more)
			assert.Equal(t, tt.client, client)
			s.Close(true, 2)
			assert.Equal(t, before, *room)
		})
	}
}
