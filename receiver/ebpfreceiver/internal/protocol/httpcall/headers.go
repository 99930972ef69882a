// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"net/netip"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Redacted stands for the value of a header that is not told.
const Redacted = "REDACTED"

// MaxHeaderName is the longest name of a header that can be asked for.
const MaxHeaderName = 64

// Wanted returns how a header is told, and false if it is not. Its name may be in any
// case.
func Wanted(headers protocol.Headers, name []byte) (protocol.Header, bool) {
	var lower [MaxHeaderName]byte
	if len(headers) == 0 || len(name) > len(lower) {
		return protocol.Header{}, false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	h, ok := headers[string(lower[:len(name)])]
	return h, ok
}

// PutHeader adds a header that is wanted.
func PutHeader(call *protocol.Call, h protocol.Header, value []byte) {
	text := Redacted
	if !h.Redacted {
		text = call.Texts.Of(value)
	}
	call.Attributes = append(call.Attributes, protocol.Attribute{Key: h.Attribute, Text: text, Listed: true})
}

// ForwardedHeaders are where proxies say whom they ask for, the first of them before the
// others (RFC 7239; the second is older, and still what most say).
var ForwardedHeaders = [...]string{"forwarded", "x-forwarded-for"}

// ForwardedFor returns the address of the first client that such a header names. It is
// not valid if that has none, or a name instead of it.
func ForwardedFor(header, value string) netip.Addr {
	first, _, _ := strings.Cut(value, ",")
	if header == ForwardedHeaders[0] {
		first = forParameter(first)
	}
	first = strings.Trim(strings.TrimSpace(first), `"`)
	if strings.HasPrefix(first, "[") { // an address of IPv6, perhaps with a port
		first, _, _ = strings.Cut(first[1:], "]")
	} else if strings.Count(first, ":") == 1 {
		first, _, _ = strings.Cut(first, ":")
	}
	address, err := netip.ParseAddr(first)
	if err != nil {
		return netip.Addr{}
	}
	return address.Unmap().WithZone("")
}

// forParameter returns the value of for= of an element of Forwarded.
func forParameter(element string) string {
	for parameter := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(parameter, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return value
		}
	}
	return ""
}
