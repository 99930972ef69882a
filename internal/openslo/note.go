// SPDX-License-Identifier: Apache-2.0

package openslo

import "fmt"

// Note says what became of something that a catalogue cannot hold as it is.
type Note struct {
	File string `json:"file"`
	Line int    `json:"line"`
	// Kind and Name of the document.
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Effect on the catalogue.
	Effect Effect `json:"effect"`
	Text   string `json:"text"`
}

// Effect is what a Note did to the catalogue.
type Effect string

const (
	// LeftOut: the catalogue knows nothing of it.
	LeftOut Effect = "left out"
	// Changed: the catalogue has it in another form.
	Changed Effect = "changed"
)

func (n Note) String() string {
	return fmt.Sprintf("%s:%d: %s %s: %s: %s", n.File, n.Line, n.Kind, n.Name, n.Effect, n.Text)
}
