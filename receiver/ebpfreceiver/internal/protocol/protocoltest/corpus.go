// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

var update = flag.Bool("update", false, "write what the parser makes of the exchanges as their expectations")

// Case is one file of the corpus.
type Case struct {
	Name  string
	Turn  protocol.Turn
	input string // the file up to its expectation
	want  string
}

const expectMark = "\nexpect\n"

// Load reads the corpus of the package under test.
func Load(t testing.TB) []Case {
	files, err := filepath.Glob("testdata/exchanges/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []Case
	for _, file := range files {
		c := Case{Name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		c.input, c.want, _ = strings.Cut(read(t, file), expectMark)
		c.Turn = readTurn(t, file, c.input)
		out = append(out, c)
	}
	return out
}

func readTurn(t testing.TB, file, input string) protocol.Turn {
	server, client := netip.MustParseAddrPort("10.0.0.1:6379"), netip.MustParseAddrPort("10.0.0.2:40000")
	turn := protocol.Turn{Kind: protocol.Server, Local: server, Remote: client}
	_, facts, ok := strings.Cut(strings.TrimSpace(input), "\n\n")
	require.True(t, ok, "%s: no empty line behind the words", file)
	given := map[string]bool{}
	for line := range strings.Lines(facts) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		given[key] = true
		require.NoError(t, readFact(&turn, key, value, server, client), "%s: %s", file, line)
	}
	require.True(t, given["operations"], "%s: no operations", file)
	if !given["request_bytes"] {
		turn.RequestBytes = uint64(len(turn.Request))
	}
	if !given["response_bytes"] {
		turn.ResponseBytes = uint64(len(turn.Response))
	}
	return turn
}

func readFact(turn *protocol.Turn, key, value string, server, client netip.AddrPort) (err error) {
	switch key {
	case ">":
		turn.Request, err = appendQuoted(turn.Request, value)
	case "<":
		turn.Response, err = appendQuoted(turn.Response, value)
	case "kind":
		turn.Kind, turn.Local, turn.Remote = protocol.Client, client, server
	case "outcome":
		turn.Outcome = protocol.AbortedByServer
		if value != turn.Outcome.String() {
			turn.Outcome = protocol.AbortedByClient
		}
	case "operations":
		var end string
		_, err = fmt.Sscan(value, &turn.Operations.Asked, &turn.Operations.Answered, &turn.Operations.Failed, &end)
		turn.Operations.Complete = end == "complete"
	case "request_bytes":
		turn.RequestBytes, err = strconv.ParseUint(value, 10, 64)
	case "response_bytes":
		turn.ResponseBytes, err = strconv.ParseUint(value, 10, 64)
	case "unix":
		turn.Unix, turn.SocketName, turn.Local, turn.Remote = true, value, netip.AddrPort{}, netip.AddrPort{}
	case "":
	default:
		err = fmt.Errorf("no such fact")
	}
	return err
}

func appendQuoted(b []byte, quoted string) ([]byte, error) {
	s, err := strconv.Unquote(quoted)
	return append(b, s...), err
}

// clone has bytes of its own.
func clone(turn protocol.Turn) protocol.Turn {
	turn.Request, turn.Response = bytes.Clone(turn.Request), bytes.Clone(turn.Response)
	return turn
}
