// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"strings"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// spentBy is one respect in which bad events are told apart.
type spentBy struct {
	Words string // route
	Rows  []spentRow
}

// spentRow is a part of the bad events.
type spentRow struct {
	Name string
	// Rest tells that the row is no part, but what is left beside the parts.
	Rest  bool
	Width string // of its bar
	Label string
	Bad   string
	Cost  string
	// Rate is the share of bad events among the valid ones, where those are known.
	Rate string
}

// partsAtMost is how many parts are shown by name; further ones are shown together.
const (
	partsAtMost = 8
	shareWidth  = 100
)

// spentTables words what spent a budget, without respects in which nothing is known;
// these are listed in unknown.
func spentTables(all []budgetapi.SpentBy, bad uint64) (tables []spentBy, unknown string) {
	if bad == 0 {
		return nil, ""
	}
	var dark []string
	for _, s := range all {
		if s.Unknown.Bad == bad {
			dark = append(dark, s.Dimension)
			continue
		}
		t := spentBy{Words: s.Dimension}
		other := s.Other
		for i, p := range s.Parts {
			if i < partsAtMost {
				t.Rows = append(t.Rows, newSpentRow(p.Name, p, bad))
				continue
			}
			other.Bad, other.Cost = other.Bad+p.Bad, other.Cost+p.Cost
			if p.Valid != nil {
				valid := *other.Valid + *p.Valid
				other.Valid = &valid
			}
		}
		for _, rest := range []struct {
			name string
			budgetapi.SpentPart
		}{{"others", other}, {"not known", s.Unknown}} {
			if rest.Bad > 0 {
				row := newSpentRow(rest.name, rest.SpentPart, bad)
				row.Rest = true
				t.Rows = append(t.Rows, row)
			}
		}
		tables = append(tables, t)
	}
	return tables, strings.Join(dark, ", ")
}

func newSpentRow(name string, p budgetapi.SpentPart, bad uint64) spentRow {
	share := float64(p.Bad) / float64(bad)
	row := spentRow{
		Name: name, Width: unit(share * shareWidth), Label: percent(share) + " of the bad events", Bad: number(p.Bad), Cost: percent(p.Cost),
	}
	if p.Valid != nil && *p.Valid > 0 {
		row.Rate = percent(float64(p.Bad)/float64(*p.Valid)) + " of its " + number(*p.Valid)
	}
	return row
}
