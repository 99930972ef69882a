// SPDX-License-Identifier: Apache-2.0

package protocol

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httproute"

// HTTPOptions say what is told of calls of HTTP beyond what always is. A nil HTTPOptions
// asks for nothing.
type HTTPOptions struct {
	// Router tells the routes of servers, nil: none are told.
	Router *httproute.Router
	// RequestHeaders and ResponseHeaders are those that spans carry.
	RequestHeaders, ResponseHeaders Headers
	// ForwardedClient tells that the client of a server's call is who a proxy says that
	// it asks for.
	ForwardedClient bool
	// BodySizes asks for the lengths of bodies.
	BodySizes bool
}

// Headers are those that are wanted, by their names in lower case.
type Headers map[string]Header

// Header is how one is told.
type Header struct {
	// Attribute is the name by the semantic conventions.
	Attribute string
	// Redacted tells that it was there, and not what it said.
	Redacted bool
}

// WantsRoute tells whether a server's call is to have a route.
func (c *Call) WantsRoute() bool { return c.HTTP != nil && c.HTTP.Router != nil }
