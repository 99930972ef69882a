// SPDX-License-Identifier: Apache-2.0

package slo

import "fmt"

// Mistake is one thing that is wrong with a catalogue.
type Mistake struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// Text names the key and says what is allowed.
	Text string `json:"text"`
}

func (m *Mistake) Error() string { return fmt.Sprintf("%s:%d: %s", m.File, m.Line, m.Text) }

// Mistakes returns the mistakes that an error of LoadCatalogue and its like
// joins, in their order. An error that stands at no line of a file is none.
func Mistakes(err error) []*Mistake {
	switch e := err.(type) { //nolint:errorlint // it takes the tree of errors apart itself
	case *Mistake:
		return []*Mistake{e}
	case interface{ Unwrap() []error }:
		var all []*Mistake
		for _, one := range e.Unwrap() {
			all = append(all, Mistakes(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Mistakes(e.Unwrap())
	}
	return nil
}
