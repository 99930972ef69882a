// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Series are samples of one series, in ascending order. The receiver owns it.
type Series struct {
	// Labels are in the order of their names, __name__ among them.
	Labels  []Label
	Samples []Sample
}

// Get returns the value of a label, empty if there is none.
func (s Series) Get(name string) string {
	i, found := slices.BinarySearchFunc(s.Labels, name, func(l Label, name string) int { return strings.Compare(l.Name, name) })
	if !found {
		return ""
	}
	return s.Labels[i].Value
}

// Bounds of one series, as its names come from outside.
const (
	maxLabels      = 64
	maxLabelsBytes = 16 << 10
)

// element is a series of a result: of a matrix with values, of a vector with one.
type element struct {
	Metric     labels          `json:"metric"`
	Values     samples         `json:"values"`
	Histograms json.RawMessage `json:"histograms"`
}

// problem is what an answer says of itself.
type problem struct {
	status, errorType, message string
	warnings                   []string
}

// err returns what is wrong. An answer with warnings may lack series: it is none.
func (p problem) err() error {
	switch {
	case p.status == "error":
		return refused{kind: cmp.Or(p.errorType, "error"), message: p.message}
	case p.status != "success":
		return fmt.Errorf("%w: its status is %q", errNoAnswer, p.status)
	case len(p.warnings) > 0:
		return fmt.Errorf("the answer may be incomplete: %s", strings.Join(p.warnings, "; "))
	}
	return nil
}

// refused is an error in Prometheus's own words.
type refused struct{ kind, message string }

func (r refused) Error() string { return fmt.Sprintf("it answers %s: %.500s", r.kind, r.message) }

// errNoAnswer: what came is not of Prometheus's HTTP API.
var errNoAnswer = errors.New("it is no answer of the API of Prometheus")

// decode reads the answer to a query that asks for raw samples, and visits its
// series. The answer holds only if no error is returned: what is wrong with it may
// stand behind the series.
func decode(r io.Reader, visit func(Series) error) error {
	d := json.NewDecoder(r)
	p := problem{}
	found := false
	err := object(d, func(key string) error {
		switch key {
		case "status":
			return d.Decode(&p.status)
		case "errorType":
			return d.Decode(&p.errorType)
		case "error":
			return d.Decode(&p.message)
		case "warnings":
			return d.Decode(&p.warnings)
		case "data":
			found = true
			return data(d, visit)
		}
		return skip(d)
	})
	if err != nil {
		return err
	}
	if err := p.err(); err != nil {
		return err
	}
	if !found {
		return fmt.Errorf("%w: it has no data", errNoAnswer)
	}
	return nil
}

func data(d *json.Decoder, visit func(Series) error) error {
	kind := ""
	err := object(d, func(key string) error {
		switch key {
		case "resultType":
			return d.Decode(&kind)
		case "result":
			return list(d, func() error {
				var e element
				if err := d.Decode(&e); err != nil {
					return err
				}
				s, err := e.series()
				if err != nil {
					return err
				}
				return visit(s)
			})
		}
		return skip(d)
	})
	if err == nil && kind != "matrix" {
		return fmt.Errorf("%w: raw samples are a matrix, not %q", errNoAnswer, kind)
	}
	return err
}

func (e element) series() (Series, error) {
	s := Series{Samples: e.Values, Labels: e.Metric}
	size := 0
	for _, l := range s.Labels {
		size += len(l.Name) + len(l.Value)
	}
	if len(s.Labels) > maxLabels || size > maxLabelsBytes {
		return Series{}, fmt.Errorf("a series has %d labels of %d bytes; at most %d of %d bytes are read", len(s.Labels), size, maxLabels, maxLabelsBytes)
	}
	if len(e.Histograms) > 0 && string(e.Histograms) != "null" {
		return Series{}, fmt.Errorf("the series %s has native histograms; it must be a counter of events", s)
	}
	if !slices.IsSortedFunc(s.Samples, func(a, b Sample) int { return cmp.Compare(a.Millis, b.Millis) }) {
		return Series{}, fmt.Errorf("the samples of the series %s are not in order", s)
	}
	return s, nil
}

// String is the series as PromQL writes it.
func (s Series) String() string {
	parts := make([]string, 0, len(s.Labels))
	for _, l := range s.Labels {
		if l.Name != "__name__" {
			parts = append(parts, fmt.Sprintf("%s=%q", l.Name, l.Value))
		}
	}
	return s.Get("__name__") + "{" + strings.Join(parts, ",") + "}"
}

// object reads an object, whose values field reads.
func object(d *json.Decoder, field func(key string) error) error {
	if null, err := open(d, '{'); null || err != nil {
		return err
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		if err := field(key.(string)); err != nil { // keys of objects are strings
			return err
		}
	}
	_, err := d.Token()
	return err
}

// list reads a list, whose elements next reads.
func list(d *json.Decoder, next func() error) error {
	if null, err := open(d, '['); null || err != nil {
		return err
	}
	for d.More() {
		if err := next(); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

// open reads the start of an object or a list, or a null in its place.
func open(d *json.Decoder, want json.Delim) (null bool, err error) {
	token, err := d.Token()
	switch {
	case err != nil:
		return false, err
	case token == nil:
		return true, nil
	case token != want:
		return false, fmt.Errorf("%w: it has %v where %v was expected", errNoAnswer, token, want)
	}
	return false, nil
}

func skip(d *json.Decoder) error {
	var ignored json.RawMessage
	return d.Decode(&ignored)
}
