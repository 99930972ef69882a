// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// exchangeCase is one file of testdata/exchanges:
//
//	one or more lines of words
//
//	kind, outcome, request_bytes, response_bytes, status, local, remote, gap,
//	last_chunk
//	> "a part of the request"
//	< "a part of the response"
//
//	expect
//	what the parser makes of it
//
// Facts that are left out: a server's, answered, the bytes that are captured, the
// status of the response's line. `detect no` is for the test of the kernel's
// detector, which would not have sent it.
type exchangeCase struct {
	name  string
	input string // the file up to its expectation
	want  string
	turn  protocol.Turn
}

const expectMark = "\nexpect\n"

func loadExchanges(t testing.TB) []exchangeCase {
	var out []exchangeCase
	for _, c := range protocoltest.LoadHTTP(t, "testdata/exchanges") {
		out = append(out, exchangeCase{c.Name, c.Input, c.Want, c.Turn})
	}
	return out
}

// parse copies the turn, so that a case can be parsed many times.
func parse(turn protocol.Turn) (protocol.Result, *protocol.Turn, *protocol.Call) {
	var call protocol.Call
	result := Parser{}.Parse(&turn, &call)
	return result, &turn, &call
}

var resultNames = map[protocol.Result]string{protocol.Invalid: "invalid", protocol.Whole: "whole", protocol.Growing: "growing"}

// describe writes what a person compares: facts without a value are left out.
func describe(result protocol.Result, turn *protocol.Turn, call *protocol.Call) string {
	var b strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "0" && s != "false" {
			fmt.Fprintln(&b, key, s)
		}
	}
	line("result", resultNames[result])
	if result == protocol.Invalid {
		return b.String()
	}
	line("name", call.Name)
	line("family", call.Family)
	line("metric", call.Metric)
	line("status_class", call.StatusClass)
	line("failed", call.Failed)
	line("error_type", call.ErrorType)
	line("response_length", turn.ResponseLength)
	line("further", turn.Further)
	line("further_unknown", turn.FurtherUnknown)
	b.WriteString(protocoltest.DescribeAttributes(call, "  "))
	return b.String()
}

func TestExchanges(t *testing.T) {
	for _, c := range loadExchanges(t) {
		t.Run(c.name, func(t *testing.T) {
			got := describe(parse(c.turn))
			if protocoltest.Update() {
				require.NoError(t, os.WriteFile("testdata/exchanges/"+c.name+".txt", []byte(c.input+expectMark+got), 0o644))
				return
			}
			require.Equal(t, c.want, got)
			require.NotContains(t, got, "hunter2", "the corpus hides this credential where none may be shown")
		})
	}
}

// TestKeepsNoReference overwrites the turn's bytes: ring memory is reused.
func TestKeepsNoReference(t *testing.T) {
	for _, c := range loadExchanges(t) {
		turn := c.turn
		turn.Request, turn.Response = bytes.Clone(turn.Request), bytes.Clone(turn.Response)
		result, after, call := parse(turn)
		before := describe(result, after, call)
		for _, b := range [][]byte{turn.Request, turn.Response} {
			for i := range b {
				b[i] = '#'
			}
		}
		require.Equal(t, before, describe(result, after, call), c.name)
	}
}
