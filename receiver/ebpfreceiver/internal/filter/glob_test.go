// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"nginx", "nginx", true},
		{"nginx", "nginx2", false},
		{"nginx", "", false},
		{"", "", true},
		{"*", "", true},
		{"*", "a/b c", true},
		{"python*", "python3.11", true},
		{"python*", "ipython", false},
		{"*gunicorn*shop*", "/usr/bin/gunicorn -w 4 shop:app", true},
		{"*gunicorn*shop", "/usr/bin/gunicorn -w 4 shop:app", false},
		{"?", "a", true},
		{"?", "", false},
		{"a?c", "abc", true},
		{"a*b*c", "aXbXbXc", true},
		{"a*b*c", "aXbXbX", false},
		{"**a", "a", true},
		{"a**", "a", true},
		{"[a]", "a", false}, // no classes: a text is a text
		{"[a]", "[a]", true},
	} {
		assert.Equal(t, tt.want, match(tt.pattern, tt.text), "%q of %q", tt.pattern, tt.text)
	}
}

// TestMatchTakesNoAges: a pattern and a text that make a naive comparison try 2^n
// ways.
func TestMatchTakesNoAges(t *testing.T) {
	done := make(chan bool)
	go func() { done <- match(strings.Repeat("a*", 200)+"b", strings.Repeat("a", 512)) }()
	select {
	case matched := <-done:
		assert.False(t, matched)
	case <-time.After(30 * time.Second):
		t.Fatal("it still compares")
	}
}

// FuzzMatch holds it against the plainest definition.
func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "aXXbYc")
	f.Add("**", "")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 12 {
			return
		}
		assert.Equal(t, plainly(pattern, text), match(pattern, text), "%q of %q", pattern, text)
	})
}

func plainly(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return plainly(pattern[1:], text) || text != "" && plainly(pattern, text[1:])
	case text == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == text[0]) && plainly(pattern[1:], text[1:])
}
