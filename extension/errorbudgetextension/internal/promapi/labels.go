// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// Label is a label of a series.
type Label struct {
	Name, Value string
}

// labels decodes the labels of a series, in the order of their names.
type labels []Label

// UnmarshalJSON is called with valid JSON. Most labels are plain text, which it reads
// by itself; with an escape in them they are left to the library.
func (l *labels) UnmarshalJSON(raw []byte) error {
	if bytes.IndexByte(raw, '\\') >= 0 || !utf8.Valid(raw) || !l.plain(raw) {
		all := map[string]string{}
		if err := json.Unmarshal(raw, &all); err != nil {
			return err
		}
		*l = make(labels, 0, len(all))
		for name, value := range all {
			*l = append(*l, Label{Name: name, Value: value})
		}
	}
	slices.SortFunc(*l, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
	return nil
}

// plain reads an object of strings without escapes, of which no name comes twice. It
// tells whether the object is one.
func (l *labels) plain(raw []byte) bool {
	r := reader{raw: raw}
	if !r.take('{') {
		return false
	}
	// The strings share one copy of the text, as they are needed together.
	text := string(raw)
	*l = make(labels, 0, bytes.Count(raw, []byte{':'}))
	for more := !r.take('}'); more; {
		name, ok := r.plainString(text)
		if !ok || !r.take(':') || slices.ContainsFunc(*l, func(o Label) bool { return o.Name == name }) {
			return false
		}
		value, ok := r.plainString(text)
		if !ok {
			return false
		}
		*l = append(*l, Label{Name: name, Value: value})
		if more = r.take(','); !more && !r.take('}') {
			return false
		}
	}
	return true
}

func (r *reader) plainString(text string) (string, bool) {
	if !r.take('"') {
		return "", false
	}
	from := r.at
	n := len(r.until('"'))
	return text[from : from+n], r.take('"')
}
