// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"encoding/binary"
	"strconv"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

const (
	okPacket  = 0x00
	errPacket = 0xff
	// progress is the number of an error that is none: MariaDB tells how far it is.
	progress = 0xffff
	// firstError and lastError bound the numbers of servers (MySQL's error reference, MariaDB's
	// error codes): others come from procedures, and would be of unbounded cardinality.
	firstError, lastError = 1000, 4999
	sqlStateLength        = 5
)

// failure is what an error says besides its words.
type failure struct {
	code  string // empty: it is not known
	state string
}

// failureOf reads an error packet.
func failureOf(payload []byte) (f failure, isError bool) {
	if len(payload) == 0 || payload[0] != errPacket {
		return failure{}, false
	}
	if len(payload) < 3 {
		return failure{}, true
	}
	code := binary.LittleEndian.Uint16(payload[1:])
	if code == progress {
		return failure{}, false
	}
	if code >= firstError && code <= lastError {
		f.code = strconv.Itoa(int(code))
	} else {
		f.code = protocol.OtherError
	}
	if rest := payload[3:]; len(rest) > sqlStateLength && rest[0] == '#' && isSQLState(rest[1:1+sqlStateLength]) {
		f.state = string(rest[1 : 1+sqlStateLength])
	}
	return f, true
}

// isSQLState: digits and capital letters (ISO 9075).
func isSQLState(b []byte) bool {
	for _, c := range b {
		if (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// findFailure looks for the error in an answer, which may stand behind rows.
func findFailure(response []byte) failure {
	for at := 0; at >= 0; {
		p, next, ok := packetAt(response, at)
		if !ok {
			break
		}
		if f, isError := failureOf(p.payload); isError {
			return f
		}
		at = next
	}
	return failure{}
}
