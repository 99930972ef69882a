// SPDX-License-Identifier: Apache-2.0

package override

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Longest is how long an override may last: whoever needs it longer decides
// again tomorrow.
const Longest = 24 * time.Hour

// Bounds of what a request holds, in bytes.
const (
	maxName   = 1024
	maxReason = 4096
)

// maxInForce bounds the overrides in force, as each is looked at by every
// decision on its service.
const maxInForce = 1000

// validate returns all that is wrong with a request, each at its field.
func validate(r budgetapi.OverrideRequest, now time.Time) error {
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
	text("service", r.Service, maxName)
	if r.Allow == nil {
		errs = append(errs, errors.New(`"allow" must be true (releases may go out) or false (they may not)`))
	}
	for field, value := range map[string]*string{"namespace": r.Namespace, "environment": r.Environment} {
		if value != nil && (len(*value) > maxName || !utf8.ValidString(*value)) {
			errs = append(errs, fmt.Errorf("%q must be text of at most %d bytes", field, maxName))
		}
	}
	if !r.Until.After(now) || r.Until.After(now.Add(Longest)) {
		errs = append(errs, fmt.Errorf(`"until" must be a time (RFC 3339) from now to %s from now, %s`, "24 h", now.Add(Longest).UTC().Format(time.RFC3339)))
	}
	return errors.Join(errs...)
}
