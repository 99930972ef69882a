// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// tokens are those of a text that are certain: of a beginning the last one may go on, and
// is left out; and behind a literal whose end is not certain nothing is.
type tokens struct {
	lexer *sqllexer.Lexer
	token *sqllexer.Token
	left  int // bytes of the text that were not read yet
	whole bool
	// cut tells that more follows than was read.
	cut  bool
	done bool
}

func newTokens(d Dialect, text string, whole bool) *tokens {
	return &tokens{lexer: sqllexer.New(text, sqllexer.WithDBMS(d.lexer())), left: len(text), whole: whole, cut: !whole}
}

// next goes on to the next token. It reports false at the end.
func (t *tokens) next() bool {
	if t.done {
		return false
	}
	t.token = t.lexer.Scan()
	t.left -= len(t.token.Value)
	if t.token.Type == sqllexer.EOF || len(t.token.Value) == 0 {
		return false
	}
	switch t.token.Type {
	case sqllexer.STRING:
		if escapesQuote(t.token.Value) {
			// whether that escapes depends on a setting of the server: what follows may be a literal
			t.cut, t.done = true, true
		}
	case sqllexer.INCOMPLETE_STRING, sqllexer.ERROR:
		t.cut, t.done = true, true
	default:
		// the lexer joins names across spaces, so that left may fall below zero
		if t.left <= 0 && !t.whole {
			return false
		}
	}
	return true
}

// escapesQuote tells whether a literal has a quote behind a backslash.
func escapesQuote(literal string) bool {
	return strings.Contains(literal, `\'`) || strings.Contains(literal, `\"`)
}

// hidesLiteral tells whether a token is nothing but a value.
func hidesLiteral(t *sqllexer.Token) bool {
	switch t.Type {
	case sqllexer.STRING, sqllexer.INCOMPLETE_STRING, sqllexer.NUMBER, sqllexer.DOLLAR_QUOTED_STRING, sqllexer.DOLLAR_QUOTED_FUNCTION,
		sqllexer.BOOLEAN, sqllexer.ERROR, sqllexer.UNKNOWN:
		return true
	}
	return false
}
