// SPDX-License-Identifier: Apache-2.0

package httpcall

// OtherMethod stands for a method that the conventions do not list.
const OtherMethod = "_OTHER"

// Method returns the method without an allocation, or OtherMethod and
// false: methods come from outside and would be of unbounded cardinality.
func Method(m []byte) (string, bool) {
	switch string(m) {
	case "GET":
		return "GET", true
	case "HEAD":
		return "HEAD", true
	case "POST":
		return "POST", true
	case "PUT":
		return "PUT", true
	case "DELETE":
		return "DELETE", true
	case "CONNECT":
		return "CONNECT", true
	case "OPTIONS":
		return "OPTIONS", true
	case "TRACE":
		return "TRACE", true
	case "PATCH":
		return "PATCH", true
	case "QUERY":
		return "QUERY", true
	}
	return OtherMethod, false
}
