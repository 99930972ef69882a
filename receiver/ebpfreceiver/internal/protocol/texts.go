// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"hash/maphash"
	"net/netip"
	"strings"
)

const (
	// textSlots and addressSlots bound what is remembered: hosts, user agents, paths
	// and peers come again and again, and making each a string anew is a third of
	// what parsing costs.
	textSlots    = 4096
	addressSlots = 256
	// maxText bounds a remembered text: with textSlots 2 MB at most, of bytes from
	// outside. No captured text is longer.
	maxText = 512
)

// Texts makes strings of bytes and addresses, and remembers the last ones, so that
// those that come again cost no allocation. A text takes the place of another with
// the same hash. It is for one goroutine. A nil Texts remembers nothing.
type Texts struct {
	seed      maphash.Seed
	texts     [textSlots]textSlot
	addresses [addressSlots]addressSlot
	buffer    []byte
}

type textSlot struct{ raw, text string }

type addressSlot struct {
	address netip.Addr
	text    string
}

// NewTexts returns an empty Texts.
func NewTexts() *Texts { return &Texts{seed: maphash.MakeSeed()} }

// Of makes valid UTF-8 of bytes from outside: a batch with anything else would be
// refused by whoever decodes it, all of it. The string does not refer to the bytes.
func (t *Texts) Of(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if t == nil || len(b) > maxText {
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	slot := &t.texts[maphash.Bytes(t.seed, b)%textSlots]
	if slot.raw != string(b) {
		slot.raw = string(b)
		slot.text = strings.ToValidUTF8(slot.raw, "\uFFFD") // the same string, if it is valid
	}
	return slot.text
}

// OfAddress writes an address.
func (t *Texts) OfAddress(a netip.Addr) string {
	if t == nil {
		return a.String()
	}
	slot := &t.addresses[maphash.Comparable(t.seed, a)%addressSlots]
	if slot.address != a || slot.text == "" {
		slot.address, slot.text = a, a.String()
	}
	return slot.text
}

// Buffer returns an empty buffer to write a text in, for Of. It is valid until the
// next call.
func (t *Texts) Buffer() []byte {
	if t == nil {
		return nil
	}
	if t.buffer == nil {
		t.buffer = make([]byte, 0, maxText)
	}
	return t.buffer[:0]
}
