// SPDX-License-Identifier: Apache-2.0

package http1

import "bytes"

// target is what a request line tells of a URL (RFC 9112, section 3.2). What may
// go on beyond the captured bytes is not known: half a path is another path. The
// slices are parts of the input.
type target struct {
	// scheme is "http" or "https", empty if it is another one or not known.
	scheme string
	// authority of an absolute or authority form.
	authority []byte
	// absolute: the authority is the target's own, also if it is not known.
	absolute bool
	// path without query and fragment, which may hold credentials.
	path []byte
	// complete tells that nothing of the above was cut off.
	complete bool
}

func parseTarget(l *requestLine) target {
	b := l.target
	if string(l.method) == "CONNECT" { // authority-form
		t := target{scheme: "http", absolute: true, complete: !l.cut}
		if t.complete {
			t.authority = b
		}
		return t
	}
	if b[0] == '*' { // asterisk-form: of the server, not of a path
		return target{scheme: "http", complete: !l.cut}
	}
	if b[0] == '/' { // origin-form
		t := target{scheme: "http"}
		t.setPath(b, l.cut)
		return t
	}
	name, rest, ok := bytes.Cut(b, []byte("://"))
	if !ok {
		return target{complete: !l.cut, absolute: l.cut}
	}
	t := target{absolute: true}
	switch {
	case equalFold(name, "http"):
		t.scheme = "http"
	case equalFold(name, "https"):
		t.scheme = "https"
	}
	end := bytes.IndexAny(rest, "/?#")
	if end < 0 {
		if !l.cut {
			t.authority, t.complete = rest, true
		}
		return t
	}
	t.authority = rest[:end]
	t.setPath(rest[end:], l.cut)
	return t
}

// setPath takes a path, whose end is captured if something is behind it.
func (t *target) setPath(b []byte, cut bool) {
	end := bytes.IndexAny(b, "?#")
	if end < 0 {
		if cut {
			return
		}
		end = len(b)
	}
	t.path, t.complete = b[:end], true
}
