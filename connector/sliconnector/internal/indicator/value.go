// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"strconv"

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

// text reads a string attribute, and nothing of another type.
func text(v pcommon.Value) string {
	if v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}
