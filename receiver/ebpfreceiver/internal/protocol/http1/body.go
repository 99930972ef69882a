// SPDX-License-Identifier: Apache-2.0

package http1

// bodyKind is how a body is delimited (RFC 9112, section 6.3).
type bodyKind uint8

const (
	bodyNone bodyKind = iota
	bodyLength
	bodyChunked
	// bodyToClose: what comes until the connection closes.
	bodyToClose
	// bodyTunnel: what follows is not HTTP.
	bodyTunnel
	// bodyUnknown: a request that says it has one, and not in what form.
	bodyUnknown
)

// body returns how a response with a whole head goes on.
func (r *response) body(method string, status int) bodyKind {
	switch {
	case status == 101, method == "CONNECT" && status >= 200 && status < 300:
		return bodyTunnel
	case method == "HEAD", status < 200 && status != 0, status == 204, status == 304:
		return bodyNone
	case r.chunked:
		return bodyChunked
	case r.lengthKnown:
		return bodyLength
	}
	return bodyToClose
}

// body returns how a request with a whole head goes on.
func (r *request) body() bodyKind {
	switch {
	case r.chunked:
		return bodyChunked
	case r.sizeUnknown:
		return bodyUnknown
	case r.contentLength > 0:
		return bodyLength
	}
	return bodyNone
}
