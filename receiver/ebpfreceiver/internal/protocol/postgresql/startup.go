// SPDX-License-Identifier: Apache-2.0

package postgresql

import (
	"encoding/binary"

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
// the user's name for one that is not named.
func (m *memory) learnStartup(b []byte, call *protocol.Call) {
	length := int(min(binary.BigEndian.Uint32(b), uint32(len(b))))
	if length < startupHead {
		return
	}
	rest, whole := b[startupHead:length], length == int(binary.BigEndian.Uint32(b))
	var user []byte
	for len(rest) > 0 && rest[0] != 0 {
		key, behind, ok := text(rest)
		if !ok {
			return
		}
		value, next, ok := text(behind)
		if !ok {
			return
		}
		switch string(key) {
		case "database":
			m.namespace = call.Texts.Of(value)
			return
		case "user":
			user = value
		}
		rest = next
	}
	if whole {
		m.namespace = call.Texts.Of(user)
	}
}
