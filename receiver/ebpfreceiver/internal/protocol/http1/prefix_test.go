// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// parsed is what a turn was made into.
type parsed struct {
	result protocol.Result
	turn   *protocol.Turn
	call   *protocol.Call
}

func parsedOf(turn protocol.Turn) parsed {
	result, after, call := parse(turn)
	return parsed{result, after, call}
}

// requireNothingInvented compares what was made of a turn with what was made of
// the same turn with shorter prefixes. The rule: each fact of the shorter one is
// equal to that of the longer one, or absent.
func requireNothingInvented(t require.TestingT, whole, part parsed, what string) {
	for _, a := range part.call.Attributes {
		require.Contains(t, whole.call.Attributes, a, "%s: invented", what)
	}
	for _, same := range []struct{ whole, part any }{
		{whole.call.Name, part.call.Name},
		{whole.call.Family, part.call.Family},
		{whole.call.Metric, part.call.Metric},
		{whole.call.Failed, part.call.Failed},
		{whole.call.ErrorType, part.call.ErrorType},
		{whole.call.StatusClass, part.call.StatusClass},
	} {
		require.Equal(t, same.whole, same.part, what)
	}
	if part.result == protocol.Whole {
		require.Equal(t, protocol.Whole, whole.result, "%s: an end that is none", what)
	}
	if part.turn.ResponseLength != 0 {
		require.Equal(t, whole.turn.ResponseLength, part.turn.ResponseLength, what)
	}
	require.LessOrEqual(t, part.turn.Further, whole.turn.Further, what)
}

// TestSplitAtEveryByte captures less and less of each exchange, while as many
// bytes went by.
func TestSplitAtEveryByte(t *testing.T) {
	for _, c := range loadExchanges(t) {
		whole := parsedOf(c.turn)
		if whole.result == protocol.Invalid {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			tooShort := false // to be known for a request
			for n := len(c.turn.Request); n >= 0; n-- {
				cut := c.turn
				cut.Request = cut.Request[:n]
				part := parsedOf(cut)
				if part.result == protocol.Invalid {
					tooShort = true
					_, found := parseRequestLine(cut.Request)
					require.Equal(t, lineMore, found, "%q", cut.Request)
					continue
				}
				require.False(t, tooShort, "with more bytes than %q it was none", cut.Request)
				requireNothingInvented(t, whole, part, "request of "+string(cut.Request))
				if part.turn.Further < whole.turn.Further && parsedHead(cut.Request) {
					require.True(t, part.turn.FurtherUnknown, "requests are missing without a word, after %q", cut.Request)
				}
			}
			for n := range c.turn.Response {
				cut := c.turn
				cut.Response = cut.Response[:n]
				requireNothingInvented(t, whole, parsedOf(cut), "response of "+string(cut.Response))
			}
		})
	}
}

// parsedHead tells whether the head of the first request is there to its end.
func parsedHead(b []byte) bool {
	r, _ := parseRequest(b)
	return r.headSize > 0
}
