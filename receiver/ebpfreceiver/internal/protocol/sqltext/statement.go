// SPDX-License-Identifier: Apache-2.0

package sqltext

import "github.com/DataDog/go-sqllexer"

// Statement is what is told of a text. Fields that are not known are empty. It is shared
// and not to be changed.
type Statement struct {
	// Operation is the verb, of several statements the first one's, behind WITH that of
	// the statement itself: one of a known set, or Other.
	Operation string
	// Collection is the first table that the text names.
	Collection string
	// Procedure is what CALL calls.
	Procedure string
	// Summary are operations and their targets, in their order.
	Summary string
	// Text is the query text as far as QueryText asks for it.
	Text string
	// Unprepares tells that it prepares statements, or closes prepared ones, by words of SQL.
	Unprepares bool
	// Metric tells that collection, procedure and summary are of the first maxSummaries,
	// and may be attributes of histograms.
	Metric bool
}

// Other stands for a verb of no known set: words from outside would be of unbounded
// cardinality.
const Other = "_OTHER"

// Dialect tells how a text is to be read.
type Dialect uint8

// Dialects.
const (
	PostgreSQL Dialect = iota
	MySQL              // and MariaDB
)

func (d Dialect) lexer() sqllexer.DBMSType {
	if d == MySQL {
		return sqllexer.DBMSMySQL
	}
	return sqllexer.DBMSPostgres
}

// Read reads a text, or its beginning if whole is false. It keeps no reference to the
// text.
func Read(d Dialect, text string, whole bool, show QueryText) *Statement {
	s := &Statement{}
	summary := summarizer{statement: s, whole: whole}
	hidden := obfuscator{whole: whole, off: show != Obfuscated, dialect: d}
	tokens := newTokens(d, text, whole)
	for tokens.next() {
		summary.take(tokens.token)
		hidden.take(tokens.token)
	}
	summary.end()
	switch show {
	case Obfuscated:
		s.Text = hidden.text(tokens.cut)
	case Raw:
		s.Text = shorten(text, whole)
	}
	return s
}
