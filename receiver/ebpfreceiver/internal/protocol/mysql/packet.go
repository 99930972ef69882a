// SPDX-License-Identifier: Apache-2.0

package mysql

import (
	"bytes"
	"encoding/binary"
)

const (
	header = 4
	// full is the length of a packet that goes on in the next one.
	full = 0xffffff
)

// packet is one packet, as far as it was captured.
type packet struct {
	number  byte
	payload []byte
	whole   bool
}

// packetAt reads the packet at a place of b, and where the next one is: -1, if this one goes
// beyond b. It reports false if nothing of the payload was captured.
func packetAt(b []byte, at int) (p packet, next int, ok bool) {
	if at < 0 || at+header > len(b) {
		return packet{}, -1, false
	}
	size := int(b[at]) | int(b[at+1])<<8 | int(b[at+2])<<16
	p.number = b[at+3]
	at += header
	next = at + size
	if next > len(b) || size == full {
		p.payload = b[at:min(next, len(b))]
		return p, -1, len(p.payload) > 0
	}
	p.payload, p.whole = b[at:next], true
	return p, next, true
}

// cString reads a text up to its NUL, and what is behind it.
func cString(b []byte) (text, rest []byte, ok bool) { return bytes.Cut(b, []byte{0}) }

// number reads a number of variable length. It returns its size, 0 if it is not there.
func number(b []byte) (n uint64, size int) {
	if len(b) == 0 {
		return 0, 0
	}
	switch b[0] {
	case 0xfb, 0xff:
		return 0, 0
	case 0xfc:
		size = 2
	case 0xfd:
		size = 3
	case 0xfe:
		size = 8
	default:
		return uint64(b[0]), 1
	}
	if len(b) < 1+size {
		return 0, 0
	}
	var whole [8]byte
	copy(whole[:], b[1:1+size])
	return binary.LittleEndian.Uint64(whole[:]), 1 + size
}
