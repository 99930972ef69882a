// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Sample is a value as it was scraped or received.
type Sample struct {
	// Millis is the instant of the sample, in milliseconds since the Unix epoch.
	Millis int64
	// Count is the value, if it is one of a counter of events: whole, not
	// negative, and small enough that a float holds it exactly.
	Count uint64
	// Whole tells whether it is.
	Whole bool
}

// maxExact is the largest count up to which floats hold every integer.
const maxExact = 1 << 53

// samples decodes the values of a series, [[1700000000.123,"42"],...]. It reads
// the bytes itself: there are millions, of one form.
type samples []Sample

var errSamples = errors.New(`the values must be a list of [seconds,"value"]`)

// UnmarshalJSON is called with valid JSON.
func (s *samples) UnmarshalJSON(raw []byte) error {
	r := reader{raw: raw}
	if string(raw) == "null" {
		return nil
	}
	if !r.take('[') {
		return errSamples
	}
	*s = make(samples, 0, bytes.Count(raw, []byte{'['})-1)
	for more := !r.take(']'); more; {
		sample, ok := r.sample()
		if !ok {
			return fmt.Errorf("%w, not %.60q", errSamples, r.raw[r.at:])
		}
		*s = append(*s, sample)
		if more = r.take(','); !more && !r.take(']') {
			return errSamples
		}
	}
	return nil
}

// reader walks over JSON.
type reader struct {
	raw []byte
	at  int
}

// take skips white space, and a byte if it comes next.
func (r *reader) take(c byte) bool {
	for r.at < len(r.raw) {
		switch r.raw[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
			continue
		case c:
			r.at++
			return true
		}
		return false
	}
	return false
}

// until returns what comes before a byte.
func (r *reader) until(c byte) []byte {
	from := r.at
	for r.at < len(r.raw) && r.raw[r.at] != c {
		r.at++
	}
	return r.raw[from:r.at]
}

func (r *reader) sample() (Sample, bool) {
	if !r.take('[') {
		return Sample{}, false
	}
	r.take(0) // skips white space: no byte of JSON is 0
	millis, ok := parseSeconds(bytes.TrimSpace(r.until(',')))
	if !ok || !r.take(',') || !r.take('"') {
		return Sample{}, false
	}
	count, whole, ok := parseCount(r.until('"'))
	if !ok || !r.take('"') || !r.take(']') {
		return Sample{}, false
	}
	return Sample{Millis: millis, Count: count, Whole: whole}, true
}

// parseSeconds reads seconds as milliseconds, without a float in between where
// they are written as Prometheus writes them.
func parseSeconds(raw []byte) (int64, bool) {
	var millis int64
	fraction := -1 // digits of it
	for _, c := range raw {
		switch {
		case c == '.' && fraction < 0:
			fraction = 0
		case c >= '0' && c <= '9' && fraction < 3 && millis < math.MaxInt64/1_000_000:
			millis = millis*10 + int64(c-'0')
			if fraction >= 0 {
				fraction++
			}
		default:
			return parseSecondsSlowly(raw)
		}
	}
	for ; fraction < 3; fraction++ {
		if fraction < 0 {
			fraction = 0
		}
		millis *= 10
	}
	return millis, len(raw) > 0
}

// maxSeconds is beyond every time that is meant, and far from any overflow.
const maxSeconds = 1e12

func parseSecondsSlowly(raw []byte) (int64, bool) {
	seconds, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || math.Abs(seconds) > maxSeconds {
		return 0, false
	}
	return int64(math.Round(seconds * 1000)), true
}

// parseCount reads a value. It tells whether it is a whole number of events, and
// whether it is a number at all.
func parseCount(raw []byte) (count uint64, whole, ok bool) {
	if n, err := strconv.ParseUint(string(raw), 10, 64); err == nil {
		return n, n <= maxExact, true
	}
	value, err := strconv.ParseFloat(string(raw), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false, false
	}
	if value < 0 || value > maxExact || value != math.Trunc(value) || math.IsNaN(value) {
		return 0, false, true
	}
	return uint64(value), true, true
}
