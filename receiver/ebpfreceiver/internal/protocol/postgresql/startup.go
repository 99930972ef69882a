// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"encoding/binary"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

const (
	startupHead = 8
	protocol3   = 3
)

// isStartup tells whether a request begins with a client's first packet, which has no type:
// its length is below 10,000.
func isStartup(b []byte) bool {
	return len(b) >= startupHead && b[0] == 0 && binary.BigEndian.Uint16(b[4:]) == protocol3
}

// learnStartup reads the database from the parameters of the first packet. A server takes
// the user's name for one that is not named. A physical replica has none, whatever it names:
// libpq says "replication" there.
func (m *memory) learnStartup(b []byte, call *protocol.Call) {
	length := int(min(binary.BigEndian.Uint32(b), uint32(len(b))))
	if length < startupHead {
		return
	}
	rest, whole := b[startupHead:length], length == int(binary.BigEndian.Uint32(b))
	var user, database []byte
	for len(rest) > 0 && rest[0] != 0 {
		key, behind, ok := text(rest)
		if !ok {
			break
		}
		value, next, ok := text(behind)
		if !ok {
			break
		}
		switch string(key) {
		case "database":
			database = value
		case "user":
			user = value
		case "replication":
			if isTrue(value) {
				return
			}
		}
		rest = next
	}
	if database == nil && whole {
		database = user
	}
	m.namespace = call.Texts.Of(database)
}

// isTrue tells whether a server takes the parameter replication for a physical replica's: it
// is a boolean (https://www.postgresql.org/docs/current/datatype-boolean.html), or "database",
// which is a logical one's.
func isTrue(value []byte) bool {
	switch strings.ToLower(string(value)) {
	case "t", "tr", "tru", "true", "y", "ye", "yes", "on", "1":
		return true
	}
	return false
}
