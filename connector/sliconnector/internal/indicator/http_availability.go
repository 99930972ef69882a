// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// httpAvailability: an HTTP request fails by a status code from 500 on, or, without
// a status code, by an error. 4xx are the caller's doing and good. See httpStatus.
func httpAvailability() *Indicator {
	return &Indicator{Name: slo.HTTPAvailability, Family: HTTP, judge: availability}
}
