// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// integer reads a number that some SDKs send as text. It returns 0, which is no
// status code, for anything else.
func integer(v pcommon.Value) int64 {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return v.Int()
	case pcommon.ValueTypeStr:
		n, err := strconv.ParseInt(v.Str(), 10, 64)
		if err != nil {
			return 0
		}
		return n
	}
	return 0
}

// longestWait bounds a queue time: nothing waits for longer than a year.
const longestWait = 365 * 24 * time.Hour

// seconds reads a duration. It tells whether there is one: what is negative, or no
// number, says nothing.
func seconds(v pcommon.Value) (time.Duration, bool) {
	if v.Type() != pcommon.ValueTypeDouble || !(v.Double() >= 0 && v.Double() <= longestWait.Seconds()) {
		return 0, false
	}
	return time.Duration(math.Round(v.Double() * 1e9)), true
}

// text reads a string attribute, and nothing of another type.
func text(v pcommon.Value) string {
	if v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}
