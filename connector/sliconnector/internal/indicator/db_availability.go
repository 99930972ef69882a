// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// dbAvailability: a database call, seen by the client that makes it, fails by an
// error. See dbStatus.
func dbAvailability() *Indicator {
	return &Indicator{Name: slo.DBAvailability, Family: DB, judge: availability}
}
