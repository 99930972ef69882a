// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

var update = flag.Bool("update", false, "write what the parser makes of the exchanges as their expectations")

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
	files, err := filepath.Glob("testdata/exchanges/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []exchangeCase
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		c := exchangeCase{name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		c.input, c.want, _ = strings.Cut(string(b), expectMark)
		c.turn = readTurn(t, file, c.input)
		out = append(out, c)
	}
	return out
}

func readTurn(t testing.TB, file, input string) protocol.Turn {
	server, client := netip.MustParseAddrPort("10.0.0.1:8080"), netip.MustParseAddrPort("10.0.0.2:40000")
	turn := protocol.Turn{Kind: protocol.Server, Local: server, Remote: client}
	_, facts, ok := strings.Cut(strings.TrimSpace(input), "\n\n")
	require.True(t, ok, "%s: no empty line behind the words", file)
	given := map[string]bool{}
	for line := range strings.Lines(facts) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		given[key] = true
		var err error
		switch key {
		case ">":
			turn.Request, err = appendQuoted(turn.Request, value)
		case "<":
			turn.Response, err = appendQuoted(turn.Response, value)
		case "kind":
			require.Equal(t, "client", value, file)
			turn.Kind, turn.Local, turn.Remote = protocol.Client, client, server
		case "outcome":
			turn.Outcome = protocol.AbortedByServer
			if value != turn.Outcome.String() {
				turn.Outcome = protocol.AbortedByClient
			}
			require.Equal(t, value, turn.Outcome.String(), file)
		case "request_bytes":
			turn.RequestBytes, err = strconv.ParseUint(value, 10, 64)
		case "response_bytes":
			turn.ResponseBytes, err = strconv.ParseUint(value, 10, 64)
		case "status":
			turn.Status, err = strconv.Atoi(value)
		case "local":
			turn.Local, err = netip.ParseAddrPort(value)
		case "remote":
			turn.Remote, err = netip.ParseAddrPort(value)
		case "unix":
			turn.Unix, turn.SocketName, turn.Local, turn.Remote = true, value, netip.AddrPort{}, netip.AddrPort{}
		case "gap":
			turn.RequestGap = true
		case "last_chunk":
			turn.LastChunk = true
		case "", "detect":
		default:
			err = fmt.Errorf("no such fact")
		}
		require.NoError(t, err, "%s: %s", file, line)
	}
	if !given["request_bytes"] {
		turn.RequestBytes = uint64(len(turn.Request))
	}
	if !given["response_bytes"] {
		turn.ResponseBytes = uint64(len(turn.Response))
	}
	if !given["status"] && len(turn.Response) >= 12 {
		turn.Status, _ = strconv.Atoi(string(turn.Response[9:12]))
	}
	return turn
}

func appendQuoted(b []byte, quoted string) ([]byte, error) {
	s, err := strconv.Unquote(quoted)
	return append(b, s...), err
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
	attributes := slices.Clone(call.Attributes)
	slices.SortFunc(attributes, func(x, y protocol.Attribute) int { return strings.Compare(x.Key, y.Key) })
	for _, a := range attributes {
		value := strconv.Quote(a.Text)
		if a.Text == "" {
			value = strconv.FormatInt(a.Number, 10)
		}
		if a.Metric {
			value += " (histogram too)"
		}
		fmt.Fprintf(&b, "  %s = %s\n", a.Key, value)
	}
	return b.String()
}

func TestExchanges(t *testing.T) {
	for _, c := range loadExchanges(t) {
		t.Run(c.name, func(t *testing.T) {
			got := describe(parse(c.turn))
			if *update {
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
