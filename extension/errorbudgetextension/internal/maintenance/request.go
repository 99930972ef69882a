// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Bounds of what a request holds, in bytes and in patterns.
const (
	maxName     = 1024
	maxReason   = 4096
	maxPatterns = 100
)

// maxHeld bounds what was added and is still within a window: each is looked at
// for every service.
const maxHeld = 1000

const (
	// maxBack is how far back an exclusion may start: who forgot to announce what
	// was done today may say so today. What is older takes a change of the file.
	maxBack = 24 * time.Hour
	// maxAhead is how far ahead it may end.
	maxAhead = 90 * 24 * time.Hour
)

// validate returns all that is wrong with a request, each at its field.
func validate(r budgetapi.ExclusionRequest, now time.Time) error {
	var errs []error
	text := func(field, value string, most int) {
		switch {
		case strings.TrimSpace(value) == "":
			errs = append(errs, fmt.Errorf("%q must be given", field))
		case len(value) > most || !utf8.ValidString(value):
			errs = append(errs, fmt.Errorf("%q must be text of at most %d bytes", field, most))
		}
	}
	text("actor", r.Actor, maxName)
	text("reason", r.Reason, maxReason)
	text("ticket", r.Ticket, maxName)
	if len(r.Services) > maxPatterns {
		errs = append(errs, fmt.Errorf(`"services" must be at most %d patterns`, maxPatterns))
	} else if err := checkPatterns(r.Services); err != nil {
		errs = append(errs, err)
	}
	for i, pattern := range r.Services {
		if len(pattern) > maxName || !utf8.ValidString(pattern) {
			errs = append(errs, fmt.Errorf(`"services"[%d] must be text of at most %d bytes`, i, maxName))
		}
	}
	if r.Start.Before(now.Add(-maxBack)) {
		errs = append(errs, fmt.Errorf(`"start" must be a time (RFC 3339) of at most 24 h ago, %s; left out, it is now`, now.Add(-maxBack).Format(time.RFC3339)))
	}
	if !r.End.After(r.Start) || r.End.After(r.Start.Add(maxLength)) || r.End.After(now.Add(maxAhead)) {
		errs = append(errs, fmt.Errorf(`"end" must be a time (RFC 3339) after "start", at most %s after it, and at most 90 days from now`, maxLength))
	}
	return errors.Join(errs...)
}
