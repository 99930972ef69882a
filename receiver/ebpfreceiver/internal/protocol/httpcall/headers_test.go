// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

func TestForwardedFor(t *testing.T) {
	tests := map[string]map[string]string{
		"x-forwarded-for": {
			"203.0.113.7": "203.0.113.7", " 203.0.113.7 , 10.0.0.1": "203.0.113.7", "203.0.113.7:4711": "203.0.113.7", "2001:db8::1": "2001:db8::1",
			"[2001:db8::1]:4711": "2001:db8::1", "::ffff:203.0.113.7": "203.0.113.7", "fe80::1%eth0": "fe80::1",
			"unknown": "", "_hidden": "", "": "", ",10.0.0.1": "", "203.0.113": "",
		},
		"forwarded": {
			"for=203.0.113.7": "203.0.113.7", `proto=https; For="[2001:db8::1]:47"; by=10.0.0.1`: "2001:db8::1", `for=203.0.113.7, for=10.0.0.1`: "203.0.113.7",
			"by=10.0.0.1": "", "for=unknown": "", "for=_x": "", "203.0.113.7": "", `for="`: "",
		},
	}
	for header, values := range tests {
		for value, want := range values {
			got := ""
			if a := ForwardedFor(header, value); a.IsValid() {
				got = a.String()
			}
			assert.Equal(t, want, got, "%s: %s", header, value)
		}
	}
}

func TestWanted(t *testing.T) {
	headers := protocol.Headers{"x-request-id": {Attribute: "a"}}
	for name, want := range map[string]bool{"x-request-id": true, "X-Request-ID": true, "x-request": false, "": false, strings.Repeat("x", 1000): false} {
		_, ok := Wanted(headers, []byte(name))
		assert.Equal(t, want, ok, name)
	}
	_, ok := Wanted(nil, []byte("x-request-id"))
	assert.False(t, ok)
}
