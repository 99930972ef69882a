// SPDX-License-Identifier: Apache-2.0

package indicator

// dbStatus: databases share no status codes, so an error is what the client
// library calls one, and a span without an error succeeded (semantic
// conventions, database spans, "Status").
func dbStatus(t *traits) Status {
	switch {
	case t.failed:
		return StatusBad
	case t.statusUnknown: // by the receiver's own word
		return StatusUnknown
	}
	return StatusGood
}
