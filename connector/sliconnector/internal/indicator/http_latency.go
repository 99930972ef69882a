// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// httpLatency: an HTTP request is good within the service's latency threshold,
// whatever its status.
func httpLatency() *Indicator {
	return &Indicator{Name: slo.HTTPLatency, Family: HTTP, judge: latency}
}
