// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestWrongScripts(t *testing.T) {
	for _, tt := range []struct{ name, script, err string }{
		{"an unknown command", "explode", "line 1, explode: no such command"},
		{"lines that belong to nothing", "# why\n  shop http_availability 1/0", "line 2 is indented"},
		{"lines below a command that has none", "restart\n  now", "nothing is to be indented"},
		{"a load of nothing", "load", "needs a series below it"},
		{"a line without samples", "load\n  shop http_availability", "is not a service, an indicator and samples"},
		{"a sample that is none", "load\n  shop http_availability 5", "not good/bad"},
		{"no times", "load\n  shop http_availability 5/1x0", "how many minutes"},
		{"too long", "load\n  shop http_availability 5/1x9999999", "more than"},
		{"a broken catalogue", "catalogue\n  services: 5", "services must be a list"},
		{"an unknown query", "eval weather shop", "eval needs one of"},
		{"a query without its service", "eval gate", "needs one service"},
		{"no duration", "skip soon", "is not a duration"},
		{"no days", "skip 1.5d", "is not a duration"},
		{"no instant", "start today", "cannot parse"},
		{"no number", "open shop many", "invalid syntax"},
		{"an incomplete add", "add 5m shop", "add needs how long ago"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Execute(tt.script, nil, nil)
			require.ErrorContains(t, err, tt.err)
		})
	}
}

// What a script says is held against the answers: a wrong line is found, and the
// rest of the file stays as it is.
func TestAnswersAreReplaced(t *testing.T) {
	const script = "# why\n\nload\n  shop http_availability 9/1  # one of ten\neval counts shop\n    nonsense\n    and more\n# end\n"
	got, err := Execute(script, nil, nil)
	require.NoError(t, err)
	assert.Equal(t, "# why\n\nload\n  shop http_availability 9/1  # one of ten\neval counts shop\n"+
		"    http_availability 9/1 of 0.995 over 30d: remaining -19 FREEZE\n# end\n", got)
}

// An engine that evaluates each minute sees every closed minute once, loaded or
// skipped.
func TestEachMinute(t *testing.T) {
	var minutes []int
	setup := func(d *Desk) {
		d.EachMinute = func(d *Desk) { minutes = append(minutes, int(d.Now.Sub(firstInstant).Minutes())) }
	}
	_, err := Execute("load\n  shop http_availability 1/0x3\nskip 3m\n", setup, nil)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 2, 3, 4, 5, 6}, minutes)
}
