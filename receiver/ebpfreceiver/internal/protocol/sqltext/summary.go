// SPDX-License-Identifier: Apache-2.0

package sqltext

import (
	"slices"
	"strings"

	"github.com/DataDog/go-sqllexer"
)

const (
	// maxSummary is the longest that a summary may be (semantic conventions, db.query.summary).
	maxSummary = 255
	// maxDepth bounds the parentheses that are told apart; deeper ones name nothing.
	maxDepth = 64
	// maxNames bounds the names of common table expressions that are kept.
	maxNames = 64
)

// expecting is what the next name is.
type expecting uint8

const (
	anything   expecting = iota
	aTable               // in FROM, JOIN: a function if a parenthesis follows
	aTarget              // INTO, UPDATE, TABLE: a table whatever follows
	aProcedure           // CALL
	aName                // WITH: of an expression
)

// level is one pair of parentheses.
type level struct {
	verb   string // of the statement in it, empty: none yet
	list   bool   // a comma goes on with a table
	target bool   // of targets, such as TRUNCATE a, b
	with   bool   // names of expressions are being defined
}

// summarizer reads the operations of a text and what they are on.
type summarizer struct {
	statement *Statement
	whole     bool

	levels  []level // of the open parentheses; the first is the text itself
	deep    int     // levels beyond maxDepth
	expect  expecting
	before  string   // the word before
	defined []string // names of common table expressions
	main    bool     // the operation is that of the statement itself

	pending  string // a name that may go on
	of       expecting
	dotted   bool
	targets  []string // of the latest operation
	complete bool     // nothing more fits
}

// take takes the next token of the text.
func (z *summarizer) take(t *sqllexer.Token) {
	switch t.Type {
	case sqllexer.SPACE, sqllexer.COMMENT, sqllexer.MULTILINE_COMMENT:
		return
	}
	if len(z.levels) == 0 {
		z.levels = append(z.levels, level{})
	}
	if z.pending != "" && z.goesOn(t) {
		return
	}
	switch t.Type {
	case sqllexer.PUNCTUATION:
		z.punctuation(t.Value)
		z.before = t.Value
	case sqllexer.IDENT, sqllexer.QUOTED_IDENT, sqllexer.FUNCTION, sqllexer.COMMAND, sqllexer.KEYWORD, sqllexer.PROC_INDICATOR,
		sqllexer.CTE_INDICATOR, sqllexer.ALIAS_INDICATOR, sqllexer.BOOLEAN, sqllexer.NULL:
		z.word(t)
	default:
		z.expect = anything
		z.before = ""
	}
}

// goesOn takes what belongs to the name before, such as the table behind its schema.
func (z *summarizer) goesOn(t *sqllexer.Token) bool {
	switch {
	case t.Type == sqllexer.PUNCTUATION && t.Value == ".":
		z.pending += "."
		z.dotted = true
		return true
	case z.dotted && (t.Type == sqllexer.IDENT || t.Type == sqllexer.QUOTED_IDENT || t.Type == sqllexer.KEYWORD || t.Type == sqllexer.COMMAND):
		z.pending += t.Value
		z.dotted = false
		return true
	}
	z.settle(t.Type == sqllexer.PUNCTUATION && t.Value == "(")
	return false
}

// settle tells the name, now that what follows is known: a parenthesis or something else.
func (z *summarizer) settle(opens bool) {
	name, of := unquote(z.pending), z.of
	z.pending, z.dotted = "", false
	switch of {
	case aName:
		if len(z.defined) < maxNames {
			z.defined = append(z.defined, strings.ToLower(name))
		}
	case aProcedure:
		if z.statement.Procedure == "" {
			z.statement.Procedure = name
		}
		z.part(name)
	case aTable, aTarget:
		if of == aTable && opens || slices.Contains(z.defined, strings.ToLower(name)) || slices.Contains(z.targets, name) {
			return
		}
		z.targets = append(z.targets, name)
		if z.statement.Collection == "" {
			z.statement.Collection = name
		}
		z.part(name)
	}
}

func (z *summarizer) punctuation(p string) {
	top := &z.levels[len(z.levels)-1]
	switch p {
	case "(":
		if len(z.levels) >= maxDepth {
			z.deep++
			return
		}
		// a join in parentheses is a list of tables, as the one around it
		z.levels = append(z.levels, level{list: z.expect == aTable, verb: inherited(top, z.expect == aTable)})
		return // a table may stand behind it
	case ")":
		if z.deep > 0 {
			z.deep--
		} else if len(z.levels) > 1 {
			z.levels = z.levels[:len(z.levels)-1]
		}
		z.expect = anything
	case ",":
		z.expect = anything
		switch {
		case top.with && z.before == ")":
			z.expect = aName
		case top.list && top.target:
			z.expect = aTarget
		case top.list:
			z.expect = aTable
		}
	case ";":
		if len(z.levels) == 1 {
			z.levels[0] = level{}
			z.defined = z.defined[:0]
			z.expect = anything
		}
	default:
		z.expect = anything
	}
}

// inherited is the verb of a level in parentheses that hold a join.
func inherited(outer *level, join bool) string {
	if join {
		return outer.verb
	}
	return ""
}

func (z *summarizer) word(t *sqllexer.Token) {
	value, quoted := t.Value, t.Type == sqllexer.QUOTED_IDENT
	top := &z.levels[len(z.levels)-1]
	before := z.before
	z.before = ""
	if !quoted {
		z.before = value
	}
	if z.deep > 0 {
		return
	}
	if top.verb == "" && !quoted && z.expect != aName {
		z.begin(top, value)
		return
	}
	if z.expect != anything && !quoted && upper(modifiers, value) != "" && z.expect != aName && z.expect != aProcedure {
		return
	}
	if z.expect == aName && strings.EqualFold(value, "RECURSIVE") {
		return
	}
	if z.expect != anything && (quoted || t.Type == sqllexer.IDENT || t.Type == sqllexer.FUNCTION) {
		function := t.Type == sqllexer.FUNCTION
		z.pending, z.of = value, z.expect
		z.expect = anything
		if function {
			z.settle(true)
		}
		return
	}
	z.expect = anything
	if !quoted {
		z.keyword(top, value, before)
	}
}

// begin takes the first word of a statement, or of what stands in parentheses.
func (z *summarizer) begin(top *level, value string) {
	verb := upper(verbs, value)
	z.expect = anything
	if len(z.levels) > 1 {
		if verb == "WITH" {
			top.verb, top.with, z.expect = verb, true, aName
			return
		}
		if upper(nested, value) == "" || verb == "VALUES" || verb == "REPLACE" {
			top.verb = "(" // an expression, or names
			return
		}
	}
	if verb == "" {
		top.verb = Other
		z.operation(Other)
		return
	}
	top.verb = verb
	if verb == "WITH" {
		top.with, z.expect = true, aName
		return
	}
	if len(z.levels) == 1 {
		z.operation(verb)
	} else {
		z.nested(verb)
	}
	z.lead(top, verb)
}

// lead says what the word behind a verb may be.
func (z *summarizer) lead(top *level, verb string) {
	switch verb {
	case "UPDATE", "TRUNCATE", "TABLE", "COPY", "VACUUM", "ANALYZE", "LOCK", "DESCRIBE", "DESC", "INSERT", "REPLACE":
		z.expect = aTarget
		top.list, top.target = verb != "COPY" && verb != "INSERT" && verb != "REPLACE", true
	case "CALL":
		z.expect = aProcedure
	}
}

// keyword takes a word that is no name.
func (z *summarizer) keyword(top *level, value, before string) {
	if top.verb == "WITH" || top.verb == "EXPLAIN" || top.verb == "PREPARE" || top.verb == "DECLARE" {
		if verb := upper(nested, value); verb != "" {
			if top.verb == "WITH" && len(z.levels) == 1 {
				z.operation(verb)
			} else {
				z.nested(verb)
			}
			top.verb, top.with, top.list = verb, false, false
			z.lead(top, verb)
			return
		}
	}
	switch {
	case upper(tables, top.verb) == "":
		return
	case strings.EqualFold(value, "FROM"):
		if strings.EqualFold(before, "DISTINCT") || top.verb == "COPY" || top.verb == "LOCK" { // IS DISTINCT FROM; COPY t FROM STDIN
			return
		}
		z.expect, top.list, top.target = aTable, true, false
	case strings.EqualFold(value, "JOIN"), strings.EqualFold(value, "STRAIGHT_JOIN"):
		z.expect, top.list, top.target = aTable, true, false
	case strings.EqualFold(value, "USING") && (top.verb == "MERGE" || top.verb == "DELETE") && before != ")":
		z.expect, top.list, top.target = aTable, top.verb == "DELETE", false
	case strings.EqualFold(value, "INTO"):
		if top.verb == "SELECT" || top.verb == "INSERT" || top.verb == "MERGE" || top.verb == "REPLACE" || top.verb == "LOAD" {
			z.expect, top.list = aTarget, false
		}
	case len(z.levels) == 1 && (top.verb == "CREATE" || top.verb == "ALTER" || top.verb == "DROP") && upper(objects, value) != "":
		object := upper(objects, value)
		if len(z.targets) > 0 || z.statement.Collection != "" || !z.leads(top.verb) {
			return
		}
		z.part(object)
		if object == "TABLE" {
			z.expect, top.list, top.target = aTarget, top.verb == "DROP", true
		}
	case strings.EqualFold(value, "TABLE") && top.verb == "LOAD":
		z.expect = aTarget
	case upper(nested, value) != "" && !strings.EqualFold(value, "VALUES") && z.isOperation(top, value, before):
		verb := upper(nested, value)
		z.nested(verb)
		top.verb, top.list = verb, false
		z.lead(top, verb)
	case upper(clauses, value) != "":
		top.list = false
	}
}

// leads tells whether nothing but the verb was told of the statement yet.
func (z *summarizer) leads(verb string) bool {
	return z.statement.Summary == verb || strings.HasSuffix(z.statement.Summary, "; "+verb)
}

// isOperation tells an operation from a word of a clause: FOR UPDATE, ON DELETE CASCADE,
// ON CONFLICT DO UPDATE, ON DUPLICATE KEY UPDATE, THEN DELETE, a function REPLACE.
func (z *summarizer) isOperation(top *level, value, before string) bool {
	if strings.EqualFold(value, "SELECT") {
		return true // UNION SELECT, INSERT ... SELECT, CREATE TABLE ... AS SELECT
	}
	return strings.EqualFold(before, "AS") && top.verb == "CREATE"
}

// operation notes the verb of a statement.
func (z *summarizer) operation(verb string) {
	if verb == "PREPARE" || verb == "DEALLOCATE" || verb == "DISCARD" {
		z.statement.Unprepares = true
	}
	if z.statement.Operation == "" && !z.main {
		z.statement.Operation = verb
	}
	z.main = true
	z.targets = z.targets[:0]
	if z.statement.Summary != "" && len(z.levels) == 1 && z.levels[0].verb != "WITH" {
		z.join("; ", verb)
		return
	}
	z.part(verb)
}

// nested notes an operation within a statement.
func (z *summarizer) nested(verb string) {
	z.targets = z.targets[:0]
	z.part(verb)
}

// part adds a word to the summary, which ends before the first that does not fit.
func (z *summarizer) part(word string) { z.join(" ", word) }

func (z *summarizer) join(separator, word string) {
	s := &z.statement.Summary
	if *s == "" {
		separator = ""
	}
	if word == "" || z.complete {
		return
	}
	if len(*s)+len(separator)+len(word) > maxSummary {
		z.complete = true
		return
	}
	*s += separator + word
}

// end says that no token follows.
func (z *summarizer) end() {
	if z.pending != "" && z.whole {
		z.settle(false)
	}
	s := z.statement
	s.Collection, s.Procedure, s.Summary = valid(s.Collection), valid(s.Procedure), valid(s.Summary)
}

// valid makes a string of its own, of valid UTF-8.
func valid(s string) string { return strings.Clone(strings.ToValidUTF8(s, "\uFFFD")) }

// unquote takes the quotes of identifiers away.
func unquote(name string) string {
	if strings.IndexByte(name, '"') < 0 && strings.IndexByte(name, '`') < 0 {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r == '"' || r == '`' {
			return -1
		}
		return r
	}, name)
}
