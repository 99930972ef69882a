// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httproute"
)

func allOptions(t testing.TB) *protocol.HTTPOptions {
	router, err := httproute.New(nil, true)
	require.NoError(t, err)
	return &protocol.HTTPOptions{
		Router: router, ForwardedClient: true, BodySizes: true,
		RequestHeaders:  protocol.Headers{"x-request-id": {Attribute: "http.request.header.x-request-id"}, "cookie": {Attribute: "http.request.header.cookie", Redacted: true}},
		ResponseHeaders: protocol.Headers{"server": {Attribute: "http.response.header.server"}},
	}
}

// TestOptions: what is told of a request only if it is asked for.
func TestOptions(t *testing.T) {
	const (
		request = "POST /users/17?token=hunter2 HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\nx-request-id:  b \r\nCookie: hunter2\r\n" +
			"X-Forwarded-For: 203.0.113.7, 10.0.0.9\r\nContent-Length: 5\r\n\r\nhello"
		response = "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nok"
		chunked  = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
		missing  = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno"
	)
	listed := func(key, text string) protocol.Attribute {
		return protocol.Attribute{Key: key, Text: text, Listed: true}
	}
	number := func(key string, n int64) protocol.Attribute { return protocol.Attribute{Key: key, Number: n} }
	asked := []protocol.Attribute{
		listed("http.request.header.x-request-id", "a"), listed("http.request.header.x-request-id", "b"), listed("http.request.header.cookie", "REDACTED"),
	}
	tests := map[string]struct {
		kind     protocol.Kind
		status   int
		response string
		cut      int // captured of the request
		more     []protocol.Attribute
		client   string
		route    string
	}{
		"a server": {protocol.Server, 200, response, 0, append(asked, listed("http.response.header.server", "nginx"),
			number("http.request.body.size", 5), number("http.response.body.size", 2)), "203.0.113.7", "/users/{id}"},
		"a client": {protocol.Client, 200, response, 0, append(asked, listed("http.response.header.server", "nginx"),
			number("http.request.body.size", 5), number("http.response.body.size", 2)), "", ""},
		"chunks":       {protocol.Server, 200, chunked, 0, append(asked, number("http.request.body.size", 5)), "203.0.113.7", "/users/{id}"},
		"no such path": {protocol.Server, 404, missing, 0, append(asked, number("http.request.body.size", 5), number("http.response.body.size", 2)), "203.0.113.7", ""},
		"a head that was cut within a header": {protocol.Server, 200, response, len("POST /users/17?token=hunter2 HTTP/1.1\r\nHost: x\r\nX-Request-ID: a\r\nx-request-id:  b"),
			[]protocol.Attribute{listed("http.request.header.x-request-id", "a"), listed("http.response.header.server", "nginx"), number("http.response.body.size", 2)},
			"10.0.0.2", "/users/{id}"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			turn := protocol.Turn{
				Kind: tt.kind, Request: []byte(request), RequestBytes: uint64(len(request)), Status: tt.status,
				Response: []byte(tt.response), ResponseBytes: uint64(len(tt.response)),
				Local: netip.MustParseAddrPort("10.0.0.1:8080"), Remote: netip.MustParseAddrPort("10.0.0.2:40000"),
			}
			if tt.cut > 0 {
				turn.Request = turn.Request[:tt.cut]
			}
			plain, full := protocol.Call{Texts: protocol.NewTexts()}, protocol.Call{Texts: protocol.NewTexts(), HTTP: allOptions(t)}
			same := turn
			assert.Equal(t, Parser{}.Parse(&same, &plain), Parser{}.Parse(&turn, &full))
			assert.Equal(t, tt.route, full.Route)
			assert.Empty(t, plain.Route)
			var more []protocol.Attribute
			client := ""
			for _, a := range full.Attributes {
				if a.Key == "client.address" {
					client = a.Text
					continue
				}
				if !assert.NotContains(t, a.Text, "hunter2") || !contains(plain.Attributes, a) {
					more = append(more, a)
				}
			}
			assert.Equal(t, tt.more, more)
			assert.Equal(t, tt.client, client)

			brief := protocol.Call{Texts: protocol.NewTexts(), HTTP: allOptions(t), Brief: true}
			Parser{}.Parse(&turn, &brief)
			assert.Equal(t, tt.route, brief.Route, "histograms have it without spans")
			for _, a := range brief.Attributes {
				assert.True(t, a.Metric, a.Key)
			}
		})
	}
}

func contains(all []protocol.Attribute, a protocol.Attribute) bool {
	for _, b := range all {
		if a == b {
			return true
		}
	}
	return false
}
