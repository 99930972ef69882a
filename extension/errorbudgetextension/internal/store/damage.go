// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"
	"slices"
)

// Damage is something that was found damaged when the store was opened.
type Damage struct {
	// What was damaged, in words for a person.
	What string
	// Lost tells whether counts are gone with it. What is kept twice is not.
	Lost bool
	// Aside is where the damaged files were set, empty if they were not.
	Aside string
	Err   error
}

// String returns it as a sentence without its full stop.
func (d Damage) String() string {
	text := d.What + " is damaged"
	if d.Err != nil {
		text += fmt.Sprintf(" (%v)", d.Err)
	}
	switch {
	case d.Lost:
		text += ", its counts are lost"
	default:
		text += ", no counts are lost"
	}
	if d.Aside != "" {
		text += "; the damaged file is kept as " + d.Aside
	}
	return text
}

// Damage returns what was found damaged when the store was opened, nil if it was
// sound.
func (s *Store) Damage() []Damage { return slices.Clone(s.damage) }
