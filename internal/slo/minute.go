// SPDX-License-Identifier: Apache-2.0

package slo

import "time"

// Minute is a UTC minute in event time, as minutes since the Unix epoch. Counts
// are kept by minute, and windows are [t - W, t) of whole minutes.
type Minute int64

// MinuteOf returns the minute that holds t.
func MinuteOf(t time.Time) Minute { return Minute(floorDiv(t.Unix(), 60)) }

// MinuteOfUnixNano returns the minute that holds an instant given in
// nanoseconds since the Unix epoch, as pdata timestamps are.
func MinuteOfUnixNano(ns uint64) Minute { return Minute(ns / uint64(time.Minute)) }

// Time returns the first instant of the minute, in UTC.
func (m Minute) Time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
