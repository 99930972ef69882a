// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestPostgreSQLKinds: the same answers mean another number of operations by what they
// are to.
func TestPostgreSQLKinds(t *testing.T) {
	const (
		done     = "C\x00\x00\x00\x0dSELECT 2\x00"
		fail     = "E\x00\x00\x00\x0cC22012\x00\x00"
		ready    = "Z\x00\x00\x00\x05I"
		fatal    = "E\x00\x00\x00\x13SFATAL\x00C57P01\x00\x00"
		panicked = "E\x00\x00\x00\x13SPANIC\x00C57P02\x00\x00"
		bad      = "E\x00\x00\x00\x13SERROR\x00C22012\x00\x00"
		short    = "E\x00\x00\x00\x09SFAT\x00"
	)
	tests := map[string]struct {
		kinds []uint
		bytes string
		want  Walked
	}{
		"three statements in one Query": {[]uint{OfQuery}, done + done + done + ready, Walked{Answered: 1, Turns: 1}},
		"one of which fails":            {[]uint{OfQuery}, done + fail + ready, Walked{Answered: 1, Failed: 1, Turns: 1}},
		"three Executes":                {[]uint{OfSync}, done + done + done + ready, Walked{Answered: 3, Turns: 1}},
		"of which the second fails":     {[]uint{OfSync}, done + fail + ready, Walked{Answered: 2, Failed: 1, Turns: 1}},
		"a log-in that is refused":      {[]uint{OfPostgreSQLAside}, fail, Walked{}},
		"what cannot be prepared":       {[]uint{OfPostgreSQLAside}, fail + ready, Walked{Turns: 1}},
		"a Query whose end is to come":  {[]uint{OfQuery}, done + done, Walked{}},
		"which fails in the end":        {[]uint{OfQuery}, done + done + bad, Walked{Answered: 1, Failed: 1}},
		"the server ends it":            {[]uint{OfQuery}, fatal, Walked{Answered: 1, Failed: 1, Ended: true}},
		"in the middle of a batch":      {[]uint{OfSync}, done + panicked, Walked{Answered: 2, Failed: 1, Ended: true}},
		"and what stands between too":   {[]uint{OfSync}, done + fatal + fatal, Walked{Answered: 2, Failed: 1, Ended: true}},
		"an error alone ends nothing":   {[]uint{OfSync}, done + bad, Walked{Answered: 2, Failed: 1}},
		"nor one that is too short":     {[]uint{OfSync}, done + short, Walked{Answered: 2, Failed: 1}},
		"what stands between goes on":   {[]uint{OfQuery, OfQuery}, fatal + ready + done + ready, Walked{Answered: 2, Failed: 1, Turns: 2}},
		"a log-in that is ended":        {[]uint{OfPostgreSQLAside}, fatal, Walked{}},
		"an aside, a Query, an Execute": {[]uint{OfPostgreSQLAside, OfQuery, OfSync}, fail + ready + done + done + ready + done + done + ready, Walked{Answered: 3, Turns: 3}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.want.Spoke, tt.want.Between = true, true

			for cut := range len(tt.bytes) {
				w := NewWalk(PostgreSQL, true).To(tt.kinds...)
				w.Over([]byte(tt.bytes[:cut]))
				assert.Equal(t, tt.want, w.Over([]byte(tt.bytes[cut:])), "cut behind %d bytes", cut)
			}
		})
	}
	w := NewWalk(PostgreSQL, false)
	got := w.Over([]byte("P\x00\x00\x00\x08\x00\x00\x00\x00S\x00\x00\x00\x04" + strings.Repeat("Q\x00\x00\x00\x05\x00", 2) + "E\x00\x00\x00\x09\x00\x00\x00\x00\x00S\x00\x00\x00\x04"))
	assert.Equal(t, Walked{Operations: 3, Turns: 4, Between: true}, got)
	assert.Equal(t, []uint{OfPostgreSQLAside, OfQuery, OfQuery, OfSync}, w.Kinds())
}
