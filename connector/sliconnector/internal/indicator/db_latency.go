// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// dbLatency: a database call is good within the latency threshold of the service
// that makes it, failed or not.
func dbLatency() *Indicator {
	return &Indicator{Name: slo.DBLatency, Family: DB, judge: latency}
}
