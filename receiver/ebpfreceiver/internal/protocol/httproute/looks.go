// SPDX-License-Identifier: Apache-2.0

package httproute

import "strings"

const (
	// placeholder stands for a segment that names one thing among many.
	placeholder = "{id}"
	// maxSegments of a path are told; what is deeper is one route.
	maxSegments = 8
	// maxWord is the longest segment that is taken for a word.
	maxWord = 40
	// maxCaseChanges from small letters to capital ones are found in names of several
	// words; in what is random there are more.
	maxCaseChanges = 3
)

// appendLooks appends a path whose segments are left as they are if they look like
// words.
func appendLooks(b []byte, path string) []byte {
	rest := path[1:]
	for n := 0; ; n++ {
		if n == maxSegments {
			return append(b, "/*"...)
		}
		segment, behind, more := strings.Cut(rest, "/")
		b = append(b, '/')
		if isWord(segment) {
			b = append(b, segment...)
		} else {
			b = append(b, placeholder...)
		}
		if !more {
			return b
		}
		rest = behind
	}
}

// isWord tells a segment that says what kind of thing is asked for: letters, one digit
// at most (oauth2, s3, k8s), or a version (v12). Empty is one too.
func isWord(s string) bool {
	if len(s) > maxWord {
		return false
	}
	if isVersion(s) {
		return true
	}
	digits, changes := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', c == '-', c == '_', c == '.', c == ':':
		case 'A' <= c && c <= 'Z':
			if i > 0 && 'a' <= s[i-1] && s[i-1] <= 'z' {
				changes++
			}
		case '0' <= c && c <= '9':
			digits++
		default:
			return false
		}
	}
	return changes <= maxCaseChanges && (digits == 0 || digits == 1 && len(s) > 1)
}

// isVersion tells v1, v12, v1.2 and the like.
func isVersion(s string) bool {
	if len(s) < 2 || len(s) > len("v12.34") || s[0] != 'v' && s[0] != 'V' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if (s[i] < '0' || s[i] > '9') && (s[i] != '.' || i == 1 || i == len(s)-1) {
			return false
		}
	}
	return true
}
