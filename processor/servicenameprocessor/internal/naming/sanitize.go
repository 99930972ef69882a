// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds a name, in bytes: names are labels of every metric.
const maxName = 128

// Sanitize makes a name of what was found: letters, digits and . _ - / remain,
// anything else becomes -, and at most 128 bytes are kept. It may return nothing.
func Sanitize(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("._-/", r) {
			return r
		}
		return '-'
	}, s)
	s = strings.Trim(s, "-./")
	if len(s) > maxName {
		cut := maxName
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = strings.TrimRight(s[:cut], "-./")
	}
	return s
}
