// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// peersVariable makes the test program play both ends of a connection instead: a
// capture leaves out the process that it runs in.
const peersVariable = "SLOE_TEST_PEERS"

func TestMain(m *testing.M) {
	if os.Getenv(peersVariable) == serveAlone {
		if err := serveOthers(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if protocol := os.Getenv(peersVariable); protocol != "" {
		if err := playAny(protocol, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// playAny plays what was asked for.
func playAny(protocol string, in io.Reader, out io.Writer) error {
	name, isShape := strings.CutPrefix(protocol, shapePrefix)
	switch {
	case isShape:
		return playShape(name, in, out)
	case protocol == inherit || protocol == takeRights:
		return serveHanded(protocol)
	case protocol == eager:
		return playEager(protocol, in, out)
	case hidden[protocol] != nil:
		return playHidden(protocol, in, out)
	default:
		return playPeers(protocol, in, out)
	}
}

const (
	httpRequest  = "GET /v1/items/42 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: peers/1\r\nAccept: */*\r\n\r\n"
	httpResponse = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n\r\nok\n"
	socketName   = "peers.sock"
)

// turns are what the peers say to each other, by name.
var turns = map[string]struct{ request, response string }{
	"http": {httpRequest, httpResponse},
	"unix": {httpRequest, httpResponse},
	eager:  {httpRequest, httpResponse},
	"hang": {httpRequest, ""},
	"failing": {
		"GET /v1/items/42 HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n",
		"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n",
	},
	"missing": {
		"GET /v1/items/43 HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n",
		"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n",
	},
	"interim": {
		"POST /v1/items HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\nLink: </" + strings.Repeat("style", 20) + ".css>; rel=preload\r\n\r\n" +
			"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
	},
	"moved": { // a class of status that nothing else on a host of tests answers with
		"GET /v1/items/44 HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n",
	},
	"other": {strings.Repeat("\x17ask", 24), strings.Repeat("\x17say", 29)},
}

// serveAlone makes the test program only the server of connections that come from
// elsewhere.
const serveAlone = "serve"

// serveOthers says its address and answers until in ends.
func serveOthers(in io.Reader, out io.Writer) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	fmt.Fprintln(out, listener.Addr())
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go answer(conn, turns["http"])
		}
	}()
	_, err = io.Copy(io.Discard, in)
	return err
}

// answer answers every request of a connection.
func answer(conn net.Conn, turn struct{ request, response string }) {
	defer conn.Close()
	buffer := make([]byte, len(turn.request))
	for {
		if _, err := io.ReadFull(conn, buffer); err != nil {
			return
		}
		if turn.response == "" {
			fmt.Fprintln(os.Stdout, "asked")
			select {} // for good
		}
		if _, err := io.WriteString(conn, turn.response); err != nil {
			return
		}
	}
}

// playPeers does as many turns over one connection as each line of in says, and
// answers with a line when it has.
func playPeers(protocol string, in io.Reader, out io.Writer) error {
	turn := turns[protocol]
	network, address := "tcp", "127.0.0.1:0"
	if protocol == "unix" || protocol == "hang" {
		directory, err := os.MkdirTemp("", "peers")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(directory) }() // what is left of it goes with the machine's temporary files
		network, address = "unix", filepath.Join(directory, socketName)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		if server, err := listener.Accept(); err == nil {
			_, _ = io.CopyN(io.Discard, server, int64(len(hellos[protocol]))) // what fails here fails at the client too
			answer(server, turn)
		}
	}()
	client, err := net.Dial(network, listener.Addr().String())
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := io.WriteString(client, hellos[protocol]); err != nil {
		return err
	}
	buffer := make([]byte, max(1, len(turn.response))) // of no response: waits for good
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		for range n {
			if _, err := io.WriteString(client, turn.request); err != nil {
				return err
			}
			if _, err := io.ReadFull(client, buffer); err != nil {
				return err
			}
		}
		fmt.Fprintln(out, "done")
	}
	return lines.Err()
}
