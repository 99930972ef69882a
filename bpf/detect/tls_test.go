// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTLSRecord(t *testing.T) {
	tests := []struct {
		what  string
		bytes string
		want  bool
	}{
		{"ClientHello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", true},
		{"the header of one alone, as OpenSSL reads it", "\x16\x03\x01\x02\x00", true},
		{"change cipher spec", "\x14\x03\x03\x00\x01\x01", true},
		{"alert", "\x15\x03\x03\x00\x02\x02\x28", true},
		{"application data", "\x17\x03\x03\x00\x45\x9d\x88", true},
		{"the longest that TLS 1.2 allows", "\x17\x03\x03\x48\x00\x9d", true},
		{"longer than that", "\x17\x03\x03\x48\x01\x9d", false},
		{"an empty one", "\x17\x03\x03\x00\x00", false},
		{"SSL 3.0", "\x16\x03\x00\x00\x45\x01", false},
		{"a version to come", "\x16\x03\x05\x00\x45\x01", false},
		{"another type", "\x18\x03\x03\x00\x45\x01", false},
		{"the type before", "\x13\x03\x03\x00\x45\x01", false},
		{"too short to tell", "\x16\x03\x01\x02", false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, TLSRecord([]byte(tt.bytes)), tt.what)
	}
}

// TestTLSClaimsNothingElse: nothing that is not TLS is taken for it, neither in the
// corpus of other protocols nor in that of HTTP/1.
func TestTLSClaimsNothingElse(t *testing.T) {
	claimed := 0
	for _, p := range otherProtocols {
		if TLSRecord([]byte(p.first)) {
			claimed++
			assert.Truef(t, strings.HasPrefix(p.what, "TLS "), "%s is taken for TLS", p.what)
		}
	}
	assert.Equal(t, 3, claimed, "all of the records of TLS")
	for _, e := range loadCorpus(t) {
		assert.False(t, TLSRecord(e.request), e.name)
		assert.False(t, TLSRecord(e.response), e.name)
	}
}
