// SPDX-License-Identifier: Apache-2.0

package httpcall

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// SplitAuthority returns the host and the port of an authority, -1 without one.
func SplitAuthority(b []byte) ([]byte, int) {
	if at := bytes.LastIndexByte(b, '@'); at >= 0 { // user information is a credential
		b = b[at+1:]
	}
	host, port := b, []byte(nil)
	if len(b) > 0 && b[0] == '[' {
		if end := bytes.IndexByte(b, ']'); end > 0 {
			host = b[1:end]
			port = bytes.TrimPrefix(b[end+1:], []byte{':'})
		}
	} else if bytes.Count(b, []byte{':'}) == 1 { // more of them are an address without its brackets
		host, port, _ = bytes.Cut(b, []byte{':'})
	}
	if len(port) == 0 {
		return host, -1 // as mostly: not even an error is made
	}
	n, err := strconv.ParseUint(string(port), 10, 16)
	if err != nil {
		return host, -1
	}
	return host, int(n)
}

// DefaultPort of a scheme (RFC 9110, section 4.2), -1 of one that is not known.
func DefaultPort(scheme string) int {
	switch scheme {
	case "http":
		return 80
	case "https":
		return 443
	}
	return -1
}

// URL writes a URL without user information, query and fragment.
func URL(texts *protocol.Texts, scheme, host string, port int, path string) string {
	b := append(append(texts.Buffer(), scheme...), "://"...)
	if strings.IndexByte(host, ':') >= 0 {
		b = append(append(append(b, '['), host...), ']')
	} else {
		b = append(b, host...)
	}
	if port >= 0 && port != DefaultPort(scheme) {
		b = strconv.AppendInt(append(b, ':'), int64(port), 10)
	}
	return texts.Of(append(b, path...))
}
