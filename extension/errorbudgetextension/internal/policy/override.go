// SPDX-License-Identifier: Apache-2.0

package policy

import "time"

// Override is a person's decision to allow or to refuse releases, whatever the
// budget says. It changes what is allowed, never the state.
type Override struct {
	ID     string
	Actor  string
	Reason string
	Ticket string
	Allow  bool
	From   time.Time
	Until  time.Time
}

// Override applies a person's decision. A release that the state allows in its
// own way keeps that way.
func (v *Verdict) Override(o Override) {
	switch {
	case o.Allow && !v.Allow:
		v.Allow, v.Strategy = true, Strategy{Type: "full", MaxWeight: 100}
	case !o.Allow:
		v.Allow, v.Strategy = false, Strategy{Type: "none"}
	}
}
