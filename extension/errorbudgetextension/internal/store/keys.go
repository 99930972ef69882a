// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Keys of the values. What every other value depends on is kept twice.
const (
	progressKey = "progress" // the last batch
	cursorKey   = "cursor"   // how far a feeder read that has a memory of its own
)

var (
	manifestKeys = [2]string{"manifest/a", "manifest/b"}
	sightsKeys   = [2]string{"sights/a", "sights/b"}
)

// batchKey is that of a batch that is not folded yet.
func batchKey(number uint64) string { return fmt.Sprintf("batch/%d", number) }

// causesKey is that of what the events of a UTC day have in common, by its first
// minute.
func causesKey(day slo.Minute) string { return fmt.Sprintf("causes/%d", day) }

// dayMinutes is how long such a day is.
const dayMinutes = 24 * 60

// hourKey is that of the block of an hour, by its first minute.
func hourKey(hour slo.Minute) string { return fmt.Sprintf("hour/%d", hour) }
