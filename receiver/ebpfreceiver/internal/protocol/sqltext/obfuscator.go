// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"strings"

	"github.com/DataDog/go-sqllexer"
)

// placeholder stands for a value.
const placeholder = "?"

// obfuscator writes a text anew without its values and comments.
type obfuscator struct {
	b       strings.Builder
	dialect Dialect
	off     bool
	whole   bool
	space   bool // one is due before the next token
	// number tells that the token before was one, with nothing between: digits of further
	// notations follow.
	number bool
	// list counts the values of a list behind IN: it is written as one.
	list listState
}

type listState uint8

const (
	noList    listState = iota
	afterIn             // IN
	listOpen            // IN (
	listValue           // IN (?
	listComma           // IN (?,
)

func (o *obfuscator) take(t *sqllexer.Token) {
	if o.off {
		return
	}
	switch t.Type {
	case sqllexer.SPACE, sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
		o.space, o.number = true, false
		return
	}
	value := t.Value
	if hidesLiteral(t) {
		value = placeholder
	} else if isName(t) {
		if o.number {
			return // such as the digits of 1_000 and 0b101
		}
		value = o.name(value)
	}
	o.number = t.Type == sqllexer.NUMBER
	if !o.collapse(t, value) {
		return
	}
	if o.space && o.b.Len() > 0 {
		o.b.WriteByte(' ')
	}
	o.space = false
	o.b.WriteString(value)
}

// collapse reports whether the value is to be written: the values of a list behind the
// first are not.
func (o *obfuscator) collapse(t *sqllexer.Token, value string) bool {
	isValue := value == placeholder || t.Type == sqllexer.POSITIONAL_PARAMETER
	switch {
	case strings.EqualFold(value, "IN"):
		o.list = afterIn
	case o.list == afterIn && value == "(":
		o.list = listOpen
	case o.list == listOpen && isValue:
		o.list = listValue
	case o.list == listValue && value == ",":
		o.list, o.space = listComma, false
		return false
	case o.list == listComma && isValue:
		o.list, o.space = listValue, false
		return false
	case o.list == listComma:
		o.list = noList
		o.b.WriteByte(',') // an expression follows
	default:
		o.list = noList
	}
	return true
}

func isName(t *sqllexer.Token) bool {
	switch t.Type {
	case sqllexer.IDENT, sqllexer.FUNCTION, sqllexer.KEYWORD, sqllexer.COMMAND:
		return true
	}
	return false
}

// name hides what the lexer takes for part of a name though it is a value: behind an
// operator (a/100), and a literal with its character set (_utf8"text").
func (o *obfuscator) name(s string) string {
	if o.dialect == MySQL {
		if head, _, found := strings.Cut(s, `"`); found {
			return head + placeholder
		}
	}
	at := strings.IndexAny(s, "/!?#@")
	if at < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		operator := strings.IndexByte("/!?#@", s[i]) >= 0
		b.WriteByte(s[i])
		i++
		if operator && i < len(s) && s[i] >= '0' && s[i] <= '9' {
			b.WriteString(placeholder)
			for i < len(s) && strings.IndexByte("/!?#@", s[i]) < 0 {
				i++
			}
		}
	}
	return b.String()
}

func (o *obfuscator) text(cut bool) string { return shorten(o.b.String(), !cut) }
