// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"math/big"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// decimal writes a number exactly if it is a decimal, and otherwise as the
// shortest decimal that Prometheus reads as the float64 nearest to it. A
// quotient of two counts is such a float64 too, so that comparing them is exact.
func decimal(r *big.Rat) string {
	if digits, exact := r.FloatPrec(); exact {
		return r.FloatString(digits)
	}
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func ratOf(r slo.Ratio) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(r.Num), new(big.Int).SetUint64(r.Den))
}

// complement returns 1 - r.
func complement(r *big.Rat) *big.Rat { return new(big.Rat).Sub(big.NewRat(1, 1), r) }

// seconds writes a duration as Prometheus writes the edge of a bucket.
func seconds(d time.Duration) string { return decimal(big.NewRat(int64(d), int64(time.Second))) }

// span writes a duration as PromQL does, in the largest unit that fits: 5m, 1h,
// 30d.
func span(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}} {
		if d >= unit.size && d%unit.size == 0 {
			return strconv.FormatInt(int64(d/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
