// SPDX-License-Identifier: Apache-2.0

package httproute

// Router tells routes. It has no state and may be used from any goroutine. A nil
// Router knows none.
type Router struct {
	patterns []pattern
	// heuristic tells whether a path that no pattern fits gets a route by its looks.
	heuristic bool
}

// New returns a Router of patterns, of which the first that fits decides, and then, if
// heuristic, of what paths look like. Its error names a pattern by its place.
func New(patterns []string, heuristic bool) (*Router, error) {
	r := &Router{heuristic: heuristic}
	for i, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			return nil, &PatternError{i, err}
		}
		r.patterns = append(r.patterns, p)
	}
	return r, nil
}

// PatternError says what is wrong with the pattern at a place of a list.
type PatternError struct {
	Index int
	Err   error
}

func (e *PatternError) Error() string { return e.Err.Error() }
func (e *PatternError) Unwrap() error { return e.Err }

// AppendRoute appends the route of a path, without query and fragment, to b: nothing,
// if none is known.
func (r *Router) AppendRoute(b []byte, path string) []byte {
	if r == nil || path == "" || path[0] != '/' {
		return b
	}
	for i := range r.patterns {
		if r.patterns[i].fits(path) {
			return append(b, r.patterns[i].text...)
		}
	}
	if !r.heuristic {
		return b
	}
	return appendLooks(b, path)
}
