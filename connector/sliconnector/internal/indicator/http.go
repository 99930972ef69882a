// SPDX-License-Identifier: Apache-2.0

package indicator

// httpStatus: the status code decides where there is one, and an error only
// where there is none: an SDK may mark a 4xx as an error, which is no failure of
// the server (semantic conventions, HTTP spans, "Status").
func httpStatus(t *traits) Status {
	switch {
	case t.httpStatus >= 500:
		return StatusBad
	case t.httpStatus > 0:
		return StatusGood
	case t.failed:
		return StatusBad
	}
	return StatusUnknown
}
