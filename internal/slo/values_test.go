// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMinute(t *testing.T) {
	for instant, want := range map[time.Time]Minute{
		time.Unix(0, 0):           0,
		time.Unix(59, 999999999):  0,
		time.Unix(60, 0):          1,
		time.Unix(-1, 0):          -1,
		time.Unix(-60, 0):         -1,
		time.Unix(-61, 0):         -2,
		time.Unix(1772366400, 0):  29539440,
		time.Unix(1772366459, 99): 29539440,
	} {
		assert.Equal(t, want, MinuteOf(instant), instant)
		if instant.UnixNano() >= 0 {
			assert.Equal(t, want, MinuteOfUnixNano(uint64(instant.UnixNano())))
		}
	}
	assert.Equal(t, time.Unix(120, 0).UTC(), Minute(2).Time())
}

func TestRatio(t *testing.T) {
	for text, want := range map[string]Ratio{
		"0.9995": {9995, 10000}, "0.90": {9, 10}, "1": {1, 1}, "0": {0, 1}, "1.000": {1, 1}, "0.000000001": {1, 1_000_000_000}, "0.": {0, 1},
	} {
		got, err := ParseRatio(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", ".5", "1.1", "-1", "0.0000000001", "a", "1e-1", "0x1", "0.-5", "99999999999999999999"} {
		_, err := ParseRatio(text)
		assert.Error(t, err, text)
	}
	for _, text := range []string{"0.9995", "0.9", "1", "0", "0.000000001", "0.05"} {
		assert.Equal(t, text, MustRatio(text).String())
	}
	assert.Equal(t, Ratio{5, 10000}, MustRatio("0.9995").Complement())
	assert.Panics(t, func() { MustRatio("2") })
}

func TestRatioCmp(t *testing.T) {
	half := MustRatio("0.5")
	assert.Equal(t, 0, half.Cmp(1, 2))
	assert.Equal(t, -1, half.Cmp(math.MaxUint64/2+1, math.MaxUint64))
	assert.Equal(t, 1, half.Cmp(math.MaxUint64/2, math.MaxUint64))
	assert.Equal(t, 1, half.Cmp(0, 0))
	assert.Equal(t, 0, MustRatio("0").Cmp(7, 0), "nothing of nothing is a share of 0")
}

func TestDefinition(t *testing.T) {
	assert.Equal(t, DefinitionOf("a", "b"), DefinitionOf("a", "b"))
	assert.NotEqual(t, DefinitionOf("a", "b"), DefinitionOf("ab"))
	assert.NotEqual(t, DefinitionOf("a", "b"), DefinitionOf("b", "a"))
	assert.Len(t, string(DefinitionOf()), 16)
}

func TestServiceString(t *testing.T) {
	assert.Equal(t, "a", Service{Name: "a"}.String())
	assert.Equal(t, "n/a@e", Service{Namespace: "n", Name: "a", Environment: "e"}.String())
}
