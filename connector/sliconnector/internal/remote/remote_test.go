// SPDX-License-Identifier: Apache-2.0

package remote

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestIncrement(t *testing.T) {
	now := time.Unix(1_780_000_000, 0)
	series := func(instance string, start time.Time, outcome Outcome) Series {
		return Series{
			Writer: slo.Writer{Instance: instance, StartUnixNano: start.UnixNano()},
			Key:    slo.Key{Service: slo.Service{Name: "shop"}, SLI: slo.HTTPAvailability}, Outcome: outcome,
		}
	}
	young, old := series("a", now.Add(time.Second), Good), series("b", now.Add(-time.Hour), Good)
	restarted, bad := series("a", now.Add(time.Minute), Good), series("a", now.Add(time.Second), Bad)

	c := NewCounts(now)
	steps := []struct {
		what   string
		series Series
		value  uint64
		want   uint64
		result Result
	}{
		{"a writer younger than we counts from zero", young, 5, 5, Counted},
		{"the increment", young, 12, 7, Counted},
		{"the same again, delivered twice", young, 12, 0, Counted},
		{"an export that was overtaken", young, 11, 0, Stale},
		{"after which the next still counts from the highest", young, 15, 3, Counted},
		{"bad events are a series of their own", bad, 2, 2, Counted},
		{"a restart begins at zero", restarted, 4, 4, Counted},
		{"an older writer gives a baseline", old, 1000, 1000, Baseline},
		{"and increments from there", old, 1001, 1, Counted},
	}
	for _, s := range steps {
		n, result := c.Increment(s.series, s.value, now)
		assert.Equal(t, s.want, n, s.what)
		assert.Equal(t, s.result, result, s.what)
	}
	n, result := c.Increment(series("c", now.Add(-time.Hour), Good), 0, now)
	assert.Equal(t, Counted, result, "an old writer's new series begins at zero: nothing is missing")
	assert.Zero(t, n)
}

func TestSeriesAreBounded(t *testing.T) {
	now := time.Unix(1_780_000_000, 0)
	c := NewCounts(now)
	c.max = 3
	at := func(i int64) Series { return Series{Writer: slo.Writer{StartUnixNano: now.UnixNano() + i}} }
	for i := range int64(3) {
		_, result := c.Increment(at(i), 1, now.Add(time.Duration(i)*time.Hour))
		assert.Equal(t, Counted, result)
	}
	_, result := c.Increment(at(3), 1, now.Add(24*time.Hour))
	assert.Equal(t, Full, result, "none has been silent for more than a day")
	_, result = c.Increment(at(1), 2, now.Add(24*time.Hour))
	assert.Equal(t, Counted, result, "known series go on")
	_, result = c.Increment(at(3), 1, now.Add(25*time.Hour))
	assert.Equal(t, Counted, result, "the first was silent for long and made room")
	assert.Len(t, c.last, 3)
}
