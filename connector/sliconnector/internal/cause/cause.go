// SPDX-License-Identifier: Apache-2.0

package cause

import (
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Cause is what is known of a bad event. It is comparable, and made of the span's
// own strings: names are put together once for all events of a cause.
type Cause struct {
	route route
	peer  peer
	err   string
	code  int64 // the HTTP status code, where err is empty
}

// OfError is a cause of which the error alone is known.
func OfError(name string) Cause { return Cause{err: name} }

// route is what was asked for: a method or an operation, and of what.
type route struct {
	operation, of string
	rpc           bool
}

// peer is the other side of a call.
type peer struct {
	system, address string
	port            int64
}

// Parts calls f for each part that is known.
func (c Cause) Parts(f func(slo.Part)) {
	for _, part := range [...]slo.Part{
		{Dimension: slo.Route, Name: c.route.name()},
		{Dimension: slo.Dependency, Name: c.peer.name()},
		{Dimension: slo.ErrorType, Name: c.errorName()},
	} {
		if part.Name != "" {
			f(part)
		}
	}
}

// name is "GET /cart", or the method alone where no route is known: the path of a
// request never stands in for it. It is "pkg.Service/Method" of an RPC, and
// "SELECT orders" of a database call.
func (r route) name() string {
	switch {
	case !r.rpc:
		return strings.TrimSpace(r.operation + " " + r.of)
	case r.of == "" || strings.Contains(r.operation, "/"):
		return r.operation
	}
	return r.of + "/" + r.operation // the form before rpc.method was the full one
}

// name is "postgresql orders-db:5432", or "payments:8080" where no system is known.
func (p peer) name() string {
	at := p.address
	if at != "" && p.port != 0 {
		at += ":" + strconv.FormatInt(p.port, 10)
	}
	return strings.TrimSpace(p.system + " " + at)
}

func (c Cause) errorName() string {
	if c.err == "" && c.code != 0 {
		return strconv.FormatInt(c.code, 10)
	}
	return c.err
}
