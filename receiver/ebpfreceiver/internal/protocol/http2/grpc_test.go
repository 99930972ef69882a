// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestParseTimeout(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"100m": 100 * time.Millisecond, "1H": time.Hour, "2M": 2 * time.Minute, "3S": 3 * time.Second, "4u": 4 * time.Microsecond, "5n": 5,
		"99999999S": 99999999 * time.Second, "99999999H": math.MaxInt64, "0S": 0,
		"": 0, "m": 0, "10": 0, "10x": 0, "-1S": 0, "+1S": 0, "1.5S": 0, "100000000S": 0,
	} {
		assert.Equal(t, want, parseTimeout(value), value)
	}
}
