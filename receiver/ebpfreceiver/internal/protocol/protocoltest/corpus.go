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

// Update tells whether expectations are to be written anew.
func Update() bool { return *update }

// Case is one file of the corpus.
type Case struct {
	Name string
	// Words are what the file says it is.
	Words string
	Turn  protocol.Turn
	// Before are turns before it on its connection.
	Before []protocol.Turn
	// Input is the file up to its expectation, and Want that.
	Input, Want string

	given map[string]bool // facts
}

const (
	expectMark = "\nexpect\n"
	thenMark   = "\nthen\n"
)

// Load reads the corpus of the package under test, of a protocol that the kernel walks
// along.
func Load(t testing.TB) []Case {
	cases := LoadFrom(t, "testdata/exchanges", "10.0.0.1:6379")
	for _, c := range cases {
		require.True(t, c.given["operations"], "%s: no operations", c.Name)
	}
	return cases
}

// LoadFrom reads the corpus of a directory, whose server has an address unless a file
// says another.
func LoadFrom(t testing.TB, directory, server string) []Case {
	files, err := filepath.Glob(directory + "/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []Case
	for _, file := range files {
		c := Case{Name: strings.TrimSuffix(filepath.Base(file), ".txt")}
		c.Input, c.Want, _ = strings.Cut(read(t, file), expectMark)
		for i, input := range strings.Split(c.Input, thenMark) {
			if i > 0 {
				c.Before = append(c.Before, c.Turn)
			}
			c.readTurn(t, file, input, netip.MustParseAddrPort(server))
		}
		out = append(out, c)
	}
	return out
}

func (c *Case) readTurn(t testing.TB, file, input string, server netip.AddrPort) {
	client := netip.MustParseAddrPort("10.0.0.2:40000")
	c.given = map[string]bool{}
	turn := &c.Turn
	*turn = protocol.Turn{Kind: protocol.Server, Local: server, Remote: client}
	words, facts, ok := strings.Cut(strings.TrimSpace(input), "\n\n")
	require.True(t, ok, "%s: no empty line behind the words", file)
	c.Words = strings.ReplaceAll(words, "\n", " ")
	for line := range strings.Lines(facts) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		c.given[key] = true
		require.NoError(t, readFact(turn, key, value, server, client), "%s: %s", file, line)
	}
	if !c.given["request_bytes"] {
		turn.RequestBytes = uint64(len(turn.Request))
	}
	if !c.given["response_bytes"] {
		turn.ResponseBytes = uint64(len(turn.Response))
	}
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
	case "missed":
		turn.Missed = map[string]protocol.Missed{"turns": protocol.Turns, "asides": protocol.Asides}[value]
	case "operations":
		var end string
		_, err = fmt.Sscan(value, &turn.Operations.Asked, &turn.Operations.Answered, &turn.Operations.Failed, &end)
		turn.Operations.Complete = end == "complete"
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
	case "gap":
		turn.RequestGap = true
	case "last_chunk":
		turn.LastChunk = true
	case "unix":
		turn.Unix, turn.SocketName, turn.Local, turn.Remote = true, value, netip.AddrPort{}, netip.AddrPort{}
	case "", "detect": // that is for the kernel's detector
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
