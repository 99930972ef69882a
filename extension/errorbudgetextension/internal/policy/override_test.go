// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestOverrideChangesAllowAlone(t *testing.T) {
	full, canary, none := Strategy{"full", 100}, Strategy{"canary", 10}, Strategy{Type: "none"}
	for _, tt := range []struct {
		name        string
		given, want Verdict
		allow       bool
	}{
		{"a freeze is overruled", Verdict{State: Freeze, Strategy: none}, Verdict{State: Freeze, Allow: true, Strategy: full}, true},
		{"what nobody knows too", Verdict{State: Unknown, Strategy: none}, Verdict{State: Unknown, Allow: true, Strategy: full}, true},
		{"a canary stays one", Verdict{State: Canary, Allow: true, Strategy: canary}, Verdict{State: Canary, Allow: true, Strategy: canary}, true},
		{"a release is refused", Verdict{State: Normal, Allow: true, Strategy: full}, Verdict{State: Normal, Strategy: none}, false},
		{"a freeze stays one", Verdict{State: Freeze, Strategy: none}, Verdict{State: Freeze, Strategy: none}, false},
	} {
		tt.given.Override(Override{Allow: tt.allow})
		assert.Equal(t, tt.want, tt.given, tt.name)
	}
}
