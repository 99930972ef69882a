// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQUICInitial: the first datagram of a client, and no other, begins a connection; what
// a client says again is of the same one.
func TestQUICInitial(t *testing.T) {
	datagram := func(head string) []byte {
		b, err := hex.DecodeString(strings.ReplaceAll(head, " ", ""))
		require.NoError(t, err)
		return append(b, bytes.Repeat([]byte{0xaa}, 1200-len(b))...)
	}
	const to, from = "08 8394c8f03e515708", "04 c0ffee01"
	first := QUICInitial(datagram("c3 00000001 " + to + from))
	assert.NotZero(t, first)
	assert.Equal(t, first, QUICInitial(datagram("c0 00000001 "+to+from)), "another number of the packet")
	assert.Equal(t, first, QUICInitial(datagram("c3 00000001 14 "+strings.Repeat("bb", 20)+from)), "with the id that its server gave itself")
	assert.NotEqual(t, first, QUICInitial(datagram("c3 00000001 "+to+"04 c0ffee02")), "another client")
	assert.NotZero(t, QUICInitial(datagram("d3 6b3343cf "+to+from)), "version 2")
	assert.NotZero(t, QUICInitial(datagram("c3 00000001 "+to+"00")), "a client without an id of its own")
	assert.NotZero(t, QUICInitial(datagram("c3 00000001 "+to+"14 "+strings.Repeat("00", 20))))
	for what, head := range map[string]string{
		"0-RTT":                          "d3 00000001 " + to + from,
		"a handshake":                    "e3 00000001 " + to + from,
		"a retry":                        "f3 00000001 " + to + from,
		"an initial of version 1 in 2":   "c3 6b3343cf " + to + from,
		"a version that nobody speaks":   "c3 00000002 " + to + from,
		"a negotiation of versions":      "c3 00000000 " + to + from,
		"a short header":                 "43 00000001 " + to + from,
		"without the fixed bit":          "83 00000001 " + to + from,
		"an id that is too long":         "c3 00000001 15 " + strings.Repeat("bb", 21) + from,
		"a client's id that is too long": "c3 00000001 " + to + "15 " + strings.Repeat("bb", 21),
		"a client without an id that knows its server's": "c3 00000001 04 bbbbbbbb 00",
		"text": hex.EncodeToString([]byte("GET / HTTP/1.1\r\n\r\n")),
	} {
		assert.Zero(t, QUICInitial(datagram(head)), what)
	}
	whole := datagram("c3 00000001 " + to + from)
	for n := range 64 {
		assert.Zero(t, QUICInitial(whole[:n]), "%d bytes", n)
	}
}
