// SPDX-License-Identifier: Apache-2.0

package filter

import "strings"

// match tells whether all of s is of the pattern: * stands for any characters, /
// and none included, ? for one. It takes time in proportion to both lengths
// multiplied, whatever the pattern: command lines come from anyone.
func match(pattern, s string) bool {
	p, i := 0, 0
	star, from := -1, 0 // the last * and what it stands for up to now
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

func isGlob(pattern string) bool { return strings.ContainsAny(pattern, "*?") }
