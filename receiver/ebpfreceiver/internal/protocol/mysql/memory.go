// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// Capabilities of a client
// (https://dev.mysql.com/doc/dev/mysql-server/latest/group__group__cs__capabilities__flags.html).
const (
	withDatabase    = 1 << 3
	protocol41      = 1 << 9
	secureAuth      = 1 << 15
	multiStatements = 1 << 16
	lengthEncoded   = 1 << 21
	queryAttributes = 1 << 27
)

const (
	// maxStatements bounds the prepared statements of a connection: with 16 bytes each, 2 KB.
	// What they do is shared by all connections. The one that was prepared first goes.
	maxStatements = 128
	// maxNamespace is the longest name of a database.
	maxNamespace = 64
	// loginHead is what stands before the user's name: capabilities, a size, a character set, filler.
	loginHead = 32
)

// memory is what is known of a connection.
type memory struct {
	namespace string // empty: none, or it is not known which
	// oneStatement tells that a text cannot hold several, attributes that one has attributes
	// before it.
	oneStatement, attributes bool
	statements               []prepared // by id, which servers count up
	last                     *sqltext.Statement
}

type prepared struct {
	id        uint32
	statement *sqltext.Statement
}

// forget drops what may not be true any more.
func (m *memory) forget(missed protocol.Missed) {
	if missed != protocol.Nothing {
		m.namespace = "" // another may have been chosen
	}
	if missed == protocol.Asides {
		m.statements, m.last = m.statements[:0], nil
	}
}

func (m *memory) statement(id uint32) *sqltext.Statement {
	if id == latest {
		return m.last
	}
	if i, ok := m.find(id); ok {
		return m.statements[i].statement
	}
	return nil
}

func (m *memory) find(id uint32) (int, bool) {
	return slices.BinarySearchFunc(m.statements, id, func(p prepared, id uint32) int { return int(int64(p.id) - int64(id)) })
}

// prepare takes a statement whose id is not known yet.
func (m *memory) prepare(s *sqltext.Statement) { m.last = s }

// keep takes the id of a prepared statement.
func (m *memory) keep(id uint32, s *sqltext.Statement) {
	i, ok := m.find(id)
	if ok {
		m.statements[i].statement = s
		return
	}
	if len(m.statements) >= maxStatements {
		m.statements = slices.Delete(m.statements, 0, 1)
		i = max(i-1, 0)
	}
	if len(m.statements) == cap(m.statements) { // no more room than there may be statements
		grown := make([]prepared, len(m.statements), min(max(2*len(m.statements), 4), maxStatements))
		copy(grown, m.statements)
		m.statements = grown
	}
	m.statements = slices.Insert(m.statements, i, prepared{id, s})
}

// withoutAttributes returns the text behind its attributes; empty, if it has any and they
// cannot be read.
func (m *memory) withoutAttributes(b []byte) []byte {
	if !m.attributes && (len(b) < 2 || b[0] != 0 || b[1] != 1) {
		return b
	}
	// no text of SQL begins with these: no attributes, one set of them
	if len(b) >= 2 && b[0] == 0 && b[1] == 1 {
		return b[2:]
	}
	return nil
}

// NewMemory implements protocol.Remembering.
func (Parser) NewMemory() any { return &memory{} }

// Learn implements protocol.Remembering.
func (Parser) Learn(turn *protocol.Turn, call *protocol.Call) {
	m := memoryOf(turn)
	m.forget(turn.Missed)
	p, _, ok := packetAt(turn.Request, 0)
	if !ok || len(p.payload) == 0 {
		return
	}
	if p.number != 0 {
		m.logIn(p.payload)
		return
	}
	switch p.payload[0] {
	case comStmtPrepare:
		m.learnStatement(turn, call.SQL.Of(sqltext.MySQL, p.payload[1:], p.whole))
	case comChangeUser:
		m.forget(protocol.Asides)
		m.changeUser(p.payload[1:])
	case comResetConnection:
		m.forget(protocol.Asides)
	}
}

// learnStatement takes a statement that the server has prepared.
func (m *memory) learnStatement(turn *protocol.Turn, s *sqltext.Statement) {
	answer, _, ok := packetAt(turn.Response, 0)
	if !ok || len(answer.payload) < 5 || answer.payload[0] != okPacket || turn.Outcome != protocol.Answered {
		return
	}
	m.last = s
	m.keep(binary.LittleEndian.Uint32(answer.payload[1:]), s)
}

// logIn reads a client's answer to the greeting (HandshakeResponse41), as far as it was
// captured. What proves who the user is is passed over.
func (m *memory) logIn(b []byte) {
	if len(b) < loginHead {
		return
	}
	capabilities := binary.LittleEndian.Uint32(b)
	if capabilities&protocol41 == 0 {
		return
	}
	m.oneStatement = capabilities&multiStatements == 0
	m.attributes = capabilities&queryAttributes != 0
	_, rest, ok := cString(b[loginHead:])
	if !ok {
		return
	}
	switch {
	case capabilities&lengthEncoded != 0:
		n, size := number(rest)
		if size == 0 || n > uint64(len(rest)-size) {
			return
		}
		rest = rest[size+int(n):]
	case capabilities&secureAuth != 0:
		if len(rest) == 0 || 1+int(rest[0]) > len(rest) {
			return
		}
		rest = rest[1+int(rest[0]):]
	default:
		if _, rest, ok = cString(rest); !ok {
			return
		}
	}
	if capabilities&withDatabase != 0 {
		m.choose(cString(rest))
	}
}

// changeUser reads the same of a command.
func (m *memory) changeUser(b []byte) {
	_, rest, ok := cString(b)
	if !ok || len(rest) == 0 || 1+int(rest[0]) > len(rest) {
		return
	}
	m.choose(cString(rest[1+int(rest[0]):]))
}

// choose takes the name of a database, if it was captured to its end.
func (m *memory) choose(name, _ []byte, whole bool) {
	m.namespace = ""
	if whole && len(name) <= maxNamespace {
		m.namespace = string(bytes.ToValidUTF8(name, []byte("\uFFFD")))
	}
}

// after takes what an operation changes.
func (m *memory) after(c *command, status protocol.Status) {
	switch {
	case c.kind == comInitDB:
		m.chosen(c.text, c.whole, status)
	case c.kind != comQuery || m.namespace == "" && !isUse(c):
	case isUse(c):
		name, ok := usedDatabase(c.text)
		m.chosen(name, ok && c.whole, status)
	case !c.whole && !m.oneStatement, mayUse(c.text):
		m.namespace = "" // a statement behind the first may choose another
	}
}

// chosen takes the name of a database that an operation chose, if it did.
func (m *memory) chosen(name []byte, whole bool, status protocol.Status) {
	switch status {
	case protocol.OK:
		m.choose(name, nil, whole)
	case protocol.Unknown:
		m.namespace = ""
	}
}

func isUse(c *command) bool { return c.statement != nil && c.statement.Operation == "USE" }

// usedDatabase reads the name in "USE name", and reports false if there is more.
func usedDatabase(text []byte) ([]byte, bool) {
	text = bytes.TrimRight(text, "; \t\r\n")
	words := bytes.Fields(text)
	if len(words) != 2 || !bytes.EqualFold(words[0], []byte("use")) {
		return nil, false
	}
	name := words[1]
	if len(name) > 2 && name[0] == '`' && name[len(name)-1] == '`' {
		name = name[1 : len(name)-1]
	}
	return name, !bytes.ContainsAny(name, "`;/*#'\"")
}

// mayUse tells whether a text of several statements may choose a database.
func mayUse(text []byte) bool {
	_, behind, several := bytes.Cut(text, []byte{';'})
	return several && bytes.Contains(bytes.ToLower(behind), []byte("use"))
}

func memoryOf(turn *protocol.Turn) *memory {
	if m, ok := turn.Memory.(*memory); ok {
		return m
	}
	return &memory{}
}
