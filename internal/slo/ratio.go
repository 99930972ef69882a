// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Ratio is an exact share between 0 and 1: Num / Den, with Den a power of ten.
// Objectives are decimals that floats cannot hold; budgets compare them by
// integer cross-multiplication.
type Ratio struct {
	Num, Den uint64
}

// maxRatioDigits bounds Den to 10^9, so that a product with a count of events
// fits into 128 bits with room to spare.
const maxRatioDigits = 9

// ParseRatio reads a decimal between 0 and 1, such as "0.9995" or "1", with at
// most nine digits after the point.
func ParseRatio(s string) (Ratio, error) {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if whole == "" || len(frac) > maxRatioDigits {
		return Ratio{}, fmt.Errorf("%q is not a decimal between 0 and 1 with at most %d digits after the point", s, maxRatioDigits)
	}
	num, err := strconv.ParseUint(whole+frac, 10, 64)
	den := uint64(1)
	for range frac {
		den *= 10
	}
	if err != nil || num > den {
		return Ratio{}, fmt.Errorf("%q is not a decimal between 0 and 1 with at most %d digits after the point", s, maxRatioDigits)
	}
	return Ratio{Num: num, Den: den}, nil
}

// MustRatio is ParseRatio for constants; it panics on a bad one.
func MustRatio(s string) Ratio {
	r, err := ParseRatio(s)
	if err != nil {
		panic(err)
	}
	return r
}

// String returns the exact decimal, such as 0.9995.
func (r Ratio) String() string {
	if r.Num >= r.Den {
		return "1"
	}
	digits := len(strconv.FormatUint(r.Den, 10)) - 1
	if r.Num == 0 || digits == 0 {
		return "0"
	}
	return fmt.Sprintf("0.%0*d", digits, r.Num)
}

// Complement returns 1 - r: of an objective, the share that may fail.
func (r Ratio) Complement() Ratio { return Ratio{Num: r.Den - r.Num, Den: r.Den} }

// Cmp compares the ratio with part / whole, exactly: -1 if the ratio is less, 0
// if they are equal, +1 if it is greater. A whole of 0 counts as a share of 0.
func (r Ratio) Cmp(part, whole uint64) int {
	if whole == 0 {
		part, whole = 0, 1
	}
	lhi, llo := bits.Mul64(r.Num, whole)
	rhi, rlo := bits.Mul64(part, r.Den)
	switch {
	case lhi != rhi:
		if lhi < rhi {
			return -1
		}
		return 1
	case llo < rlo:
		return -1
	case llo > rlo:
		return 1
	}
	return 0
}
