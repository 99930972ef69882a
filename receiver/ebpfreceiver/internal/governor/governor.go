// SPDX-License-Identifier: Apache-2.0

// Package governor decides how much the receiver sheds so that its share of the
// CPU stays below a ceiling: spans first, payload last, counts never. It is a
// function of measured shares: no clock, no kernel.
package governor // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/governor"

// Level is how much is shed. A higher level sheds what the ones below it shed.
type Level int

// Levels between which the share of spans halves.
const (
	// Nothing is shed.
	Nothing Level = 0
	// Ordinary sheds every span but those of errors and slow requests, where they
	// are always wanted.
	Ordinary Level = 5
	// Spans sheds all of them.
	Spans Level = 6
	// Payload leaves no more of it to copy than a protocol's detection and the
	// status need.
	Payload Level = 7
)

// Kept returns the share of ordinary spans that a level leaves, from 0 to 1.
func (l Level) Kept() float64 {
	if l >= Ordinary {
		return 0
	}
	return 1 / float64(int(1)<<l)
}

const (
	// calm is the share of the ceiling up to which less may be shed: the room that
	// the next lower level is given.
	calm = 0.75
	// quiet is the share of the ceiling up to which two levels at once may fall.
	quiet = 0.25
	// firstPatience and longestPatience bound the calm windows before less is shed.
	firstPatience   = 3
	longestPatience = 60
	// trial is how many windows after a fall a rise says that the fall was wrong.
	trial = 5
)

// State is what a Governor knows. The zero State sheds nothing.
type State struct {
	Level Level

	calm     int // windows in a row
	patience int // windows that are waited for, 0: firstPatience
	fallen   int // windows since the last fall, while it is on trial; 0: it is not
}

// Next returns the state after a window in which a share of one core was used, of
// a ceiling that is above zero. More is shed at once, two levels if the ceiling
// was passed twice over. Less is shed after some calm windows; if that proves
// wrong soon, twice as many are waited for before the next try.
func (s State) Next(used, ceiling float64) State {
	switch {
	case used > ceiling:
		return s.rise(used > 2*ceiling)
	case used <= calm*ceiling:
		s.calm++
	default:
		s.calm = 0
	}
	if s.fallen > 0 {
		if s.fallen++; s.fallen > trial {
			s.fallen, s.patience = 0, 0 // it was right
		}
	}
	if s.Level == Nothing {
		s.calm = 0
		return s
	}
	if s.calm >= max(s.patience, firstPatience) {
		s.Level--
		if used <= quiet*ceiling && s.Level > Nothing {
			s.Level--
		}
		s.calm, s.fallen = 0, 1
	}
	return s
}

func (s State) rise(twice bool) State {
	if s.fallen > 0 {
		s.patience = min(2*max(s.patience, firstPatience), longestPatience)
	}
	s.calm, s.fallen = 0, 0
	s.Level++
	if twice {
		s.Level++
	}
	s.Level = min(s.Level, Payload)
	return s
}
