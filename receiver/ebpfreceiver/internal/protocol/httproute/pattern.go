// SPDX-License-Identifier: Apache-2.0

package httproute

import (
	"errors"
	"fmt"
	"strings"
)

// pattern is a route as it is written: literal segments, {name} for any segment, and at
// its end * for whatever follows.
type pattern struct {
	text     string
	segments []string // a {name} is empty
	rest     bool
}

func parsePattern(text string) (pattern, error) {
	p := pattern{text: text}
	if !strings.HasPrefix(text, "/") {
		return p, errors.New("does not begin with /")
	}
	if strings.ContainsAny(text, "?#") {
		return p, errors.New("has a query or a fragment: a route is of a path alone")
	}
	for segment := range strings.SplitSeq(text[1:], "/") {
		switch {
		case p.rest:
			return p, errors.New("goes on behind *, which stands for all the rest")
		case segment == "*":
			p.rest = true
		case strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}") && len(segment) > 2 && !strings.ContainsAny(segment[1:len(segment)-1], "{}*"):
			p.segments = append(p.segments, "")
		case strings.ContainsAny(segment, "{}*"):
			return p, fmt.Errorf("%q is not a literal, {name} or, as the last, *", segment)
		default:
			p.segments = append(p.segments, segment+"/") // never empty
		}
	}
	return p, nil
}

// fits tells whether a path, which begins with /, is of the route.
func (p *pattern) fits(path string) bool {
	rest, more := path[1:], true
	for _, want := range p.segments {
		if !more {
			return false
		}
		var segment string
		segment, rest, more = strings.Cut(rest, "/")
		if want == "" && segment == "" || want != "" && want[:len(want)-1] != segment {
			return false
		}
	}
	return more == p.rest
}
