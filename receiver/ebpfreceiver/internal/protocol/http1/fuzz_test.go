// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

// FuzzParse parses bytes from anywhere, and the same bytes cut short.
func FuzzParse(f *testing.F) {
	for _, c := range loadExchanges(f) {
		f.Add(c.turn.Request, c.turn.Response, uint16(len(c.turn.Request)/2), uint16(len(c.turn.Response)/2),
			c.turn.RequestBytes, c.turn.ResponseBytes, uint16(c.turn.Status), c.turn.Kind == protocol.Client, uint8(c.turn.Outcome))
	}
	f.Fuzz(func(t *testing.T, request, response []byte, cutRequest, cutResponse uint16,
		requestBytes, responseBytes uint64, status uint16, client bool, outcome uint8,
	) {
		turn := protocol.Turn{
			Kind: protocol.Server, Outcome: protocol.Outcome(outcome % 3), Status: int(status % 1000),
			Request: request, Response: response,
			RequestBytes:  max(requestBytes, uint64(len(request))),
			ResponseBytes: max(responseBytes, uint64(len(response))),
			Local:         netip.MustParseAddrPort("10.0.0.1:8080"), Remote: netip.MustParseAddrPort("10.0.0.2:40000"),
		}
		if client {
			turn.Kind = protocol.Client
		}
		whole := parsedOf(turn)
		if whole.result == protocol.Invalid {
			require.Empty(t, whole.call.Attributes)
			return
		}
		requireSound(t, whole.call)
		turn.Request = request[:min(len(request), int(cutRequest))]
		turn.Response = response[:min(len(response), int(cutResponse))]
		if part := parsedOf(turn); part.result != protocol.Invalid {
			requireNothingInvented(t, whole, part, "cut")
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
		switch a.Key {
		case semconv.ServerAddress:
			require.NotContains(t, a.Text, "@", "user information")
		case semconv.URLPath:
			require.False(t, strings.ContainsAny(a.Text, "?#"), "a query or fragment")
		case semconv.HTTPRequestMethod:
			_, known := httpcall.Method([]byte(a.Text))
			require.True(t, known || a.Text == httpcall.OtherMethod, "a method of unbounded cardinality")
		case semconv.URLScheme:
			require.Contains(t, []string{"http", "https"}, a.Text)
		}
	}
	require.True(t, seen[semconv.HTTPRequestMethod])
	require.NotEmpty(t, call.Name)
	require.NotEmpty(t, call.StatusClass)
}
