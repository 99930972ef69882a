// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sloe-dev/sloe/testbed/workload/goserver"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

// bigBytes is the length of a big response's body.
const bigBytes = 10 << 20

// A subject is a server of the exactness suite, with the count of its own.
type subject struct {
	server  string // nginx or Go
	service string
	address string
	// targets of a small answer, one that takes some time where the server can, and
	// one of bigBytes
	ok, slow, big string
	// prefixes of a path that is answered with 404, to which an id is added
	id string
	// own returns the server's count of all requests that it finished, of which the
	// test sent as many since the subject started.
	own func(t testing.TB, sent int) uint64
	// stop ends the server before the test does.
	stop func() error
}

// subjects start the servers of the suite.
var subjects = map[string]func(testing.TB) *subject{
	"nginx":              func(t testing.TB) *subject { return nginxSubject(t, "nginx", false) },
	"nginx, Unix socket": func(t testing.TB) *subject { return nginxSubject(t, "nginx, Unix socket", true) },
	"Go":                 func(t testing.TB) *subject { return goSubject(t, "Go", "127.0.0.1:0") },
	"Go, Unix socket":    func(t testing.TB) *subject { return goSubject(t, "Go, Unix socket", unixAddress(t)) },
}

func nginxSubject(t testing.TB, server string, unix bool) *subject {
	name := serviceName("nginx")
	n := nginxbed.Start(t, nginxbed.Options{
		Name: name, Workers: 2, Connections: 8192, Unix: unix, Locations: map[string]int{"/ok": 200}, Files: map[string]int{"/big.bin": bigBytes},
	})
	return &subject{
		server: server, service: name, address: n.Address, ok: "/ok", slow: "/ok", big: "/big.bin", id: "/id/",
		own:  func(t testing.TB, sent int) uint64 { return n.WaitCounts(t, sent).Total(100, 599) },
		stop: func() error { return n.Stop(patience) },
	}
}

func goSubject(t testing.TB, server, on string) *subject {
	name := serviceName("goserver")
	s := startGoServerOn(t, name, on)
	return &subject{
		server: server, service: name, address: s.Address, ok: "/ok", slow: "/slow?ms=100", big: fmt.Sprintf("/big?bytes=%d", bigBytes), id: "/id/",
		// to net/http a client that closed its side has left; those of the suite read what it sent all the same
		own:  func(t testing.TB, _ int) uint64 { return finished(s.Counts(t)) },
		stop: s.Kill,
	}
}

func finished(c goserver.Counts) uint64 {
	n := c.Total(100, 599)
	for _, abandoned := range c.Abandoned {
		n += abandoned
	}
	return n
}

// idOf returns the id of a request's path, empty if it has none.
func (s *subject) idOf(path string) string {
	id, ok := strings.CutPrefix(path, s.id)
	if !ok {
		return ""
	}
	return id
}
