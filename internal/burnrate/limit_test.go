// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestParseFactor(t *testing.T) {
	for text, shown := range map[string]string{"14.4": "14.4", "14/15": "14/15", "7/30": "7/30", "6": "6", "28/2": "14", "0.70": "0.7"} {
		f, err := ParseFactor(text)
		require.NoError(t, err, text)
		assert.Equal(t, shown, FactorText(f))
	}
	for _, text := range []string{"", "0", "0.0", "-1", "+1", "1e3", "0x10", "14,4", "1/0", "/3", "3/", "1000000001", "0.0000000001", "NaN", "1_0"} {
		_, err := ParseFactor(text)
		assert.ErrorContains(t, err, "must be a decimal such as 14.4", "%q", text)
	}
}

func TestExceededIsStrict(t *testing.T) {
	for _, tt := range []struct {
		name, factor, target string
		bad, valid           uint64
		want                 bool
	}{
		{"just the factor does not fire", "14.4", "0.999", 144, 10_000, false},
		{"one more event does", "14.4", "0.999", 145, 10_000, true},
		{"14/15 of the budget, exactly", "14/15", "0.999", 14, 15_000, false},
		{"a little more", "14/15", "0.999", 15, 15_000, true},
		{"no events", "1", "0.999", 0, 0, false},
		{"nothing but bad at the largest reachable burn", "10", "0.9", 1, 1, false},
		{"the largest counts there are", "6", "0.999999999", math.MaxUint64, math.MaxUint64, true},
		{"and none of them bad", "6", "0.999999999", 0, math.MaxUint64, false},
	} {
		f, err := ParseFactor(tt.factor)
		require.NoError(t, err)
		assert.Equal(t, tt.want, Pair{Factor: f}.Limit(slo.MustRatio(tt.target)).Exceeded(tt.bad, tt.valid), tt.name)
	}
	beyond := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 80))
	assert.False(t, Pair{Factor: beyond}.Limit(slo.MustRatio("0.5")).Exceeded(1, 1))
}

func TestRate(t *testing.T) {
	target := slo.MustRatio("0.999")
	assert.Equal(t, 100.0, Rate(1, 10, target), "one failure of ten requests an hour")
	assert.Equal(t, 14.4, Rate(144, 10_000, target))
	assert.Equal(t, 0.333333, Rate(1, 3_000, target))
	assert.Zero(t, Rate(0, 0, target))
}

func TestSplitAndSeverities(t *testing.T) {
	p, err := Named(Google30d)
	require.NoError(t, err)
	can, cannot := Split(p.Pairs, slo.MustRatio("0.9"))
	assert.Len(t, can, 3)
	require.Len(t, cannot, 1)
	assert.Equal(t, time.Hour, cannot[0].Long)
	var fast []bool
	var alerts []string
	for _, pair := range p.Pairs {
		fast, alerts = append(fast, pair.Fast()), append(alerts, pair.Alert())
	}
	assert.Equal(t, []bool{true, false, false, false}, fast)
	assert.Equal(t, []string{"page", "page", "ticket", "ticket"}, alerts)
	assert.True(t, Pages("critical"))
	assert.False(t, Pages("warning"))
}
