// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// mayChange tells whether a request may change something: where http::auth lets
// in who is known, or else from this host. It answers those that may not.
func (h *handler) mayChange(w http.ResponseWriter, r *http.Request) bool {
	if h.Guarded || fromHere(r) {
		return true
	}
	writeError(w, http.StatusForbidden, codeForbidden,
		"without authentication this is allowed from the collector's own host alone: ask there, or configure http::auth")
	return false
}

// fromHere tells whether a request comes from a program of this host and means
// it. One that a proxy passed on does not, nor one that a browser was led to by
// another site's name for this address.
func fromHere(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !from.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	named, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && named.Unmap().IsLoopback()
}
