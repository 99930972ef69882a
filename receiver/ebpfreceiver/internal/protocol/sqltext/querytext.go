// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// QueryText is how much of a statement's text is told.
type QueryText uint8

// Values of QueryText.
const (
	Off QueryText = iota
	Obfuscated
	Raw
)

var queryTexts = []string{Off: "off", Obfuscated: "obfuscated", Raw: "raw"}

// QueryTexts are the names of all values.
func QueryTexts() []string { return slices.Clone(queryTexts) }

// String returns the name.
func (q QueryText) String() string { return queryTexts[q] }

// ParseQueryText returns the value of a name, and whether there is one.
func ParseQueryText(name string) (QueryText, bool) {
	i := slices.Index(queryTexts, name)
	return QueryText(max(i, 0)), i >= 0
}

const (
	// maxText bounds a query text: more is seldom captured, and nobody reads it in a list.
	maxText = 1024
	// more follows a text that goes on.
	more = "..."
)

// shorten makes valid UTF-8 of at most maxText bytes of a text.
func shorten(text string, whole bool) string {
	if len(text) > maxText {
		text, whole = text[:maxText], false
	}
	if !whole {
		for i := 0; i < utf8.UTFMax && len(text) > 0; i++ { // the last letter may be cut
			if r, size := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || size != 1 {
				break
			}
			text = text[:len(text)-1]
		}
	}
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if !whole {
		text += more
	}
	return text
}
