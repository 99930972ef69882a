// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httproute"
)

// HTTPConfig says what is told of requests of HTTP beyond what always is.
type HTTPConfig struct {
	// Routes says how http.route of a server is found.
	Routes RoutesConfig `mapstructure:"routes"`
	// RequestHeaders and ResponseHeaders are those that spans carry.
	RequestHeaders  []string `mapstructure:"request_headers"`
	ResponseHeaders []string `mapstructure:"response_headers"`
	// RedactHeaders are those of which is told that they were there, and not what they
	// said.
	RedactHeaders []string `mapstructure:"redact_headers"`
	// ClientAddress says whose address client.address is: socket or forwarded.
	ClientAddress string `mapstructure:"client_address"`
	// BodySizes adds the lengths of bodies.
	BodySizes bool `mapstructure:"body_sizes"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// RoutesConfig says how http.route of a server is found.
type RoutesConfig struct {
	// From is what tells a route: off, patterns, heuristic.
	From string `mapstructure:"from"`
	// Patterns are routes as /users/{id} and /files/*: the first that fits decides.
	Patterns []string `mapstructure:"patterns"`
	// Max is how many routes of one process are told.
	Max int `mapstructure:"max"`
	// prevent unkeyed literal initialization
	_ struct{}
}

// What http.routes.from and http.client_address may be.
const (
	routesOff       = "off"
	routesPatterns  = "patterns"
	routesHeuristic = "heuristic"

	clientSocket    = "socket"
	clientForwarded = "forwarded"
)

const (
	maxRoutes  = 10_000
	maxHeaders = 32
)

// credentials are the headers whose values are not told unless redact_headers says so.
var credentials = []string{
	"authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "www-authenticate",
	"x-amz-security-token", "x-api-key", "x-auth-token", "x-csrf-token",
}

func defaultHTTP() HTTPConfig {
	return HTTPConfig{Routes: RoutesConfig{From: routesOff, Max: 100}, RedactHeaders: slices.Clone(credentials), ClientAddress: clientSocket}
}

func (c *HTTPConfig) validate() []error {
	errs := c.Routes.validate()
	for _, list := range []struct {
		key     string
		headers []string
	}{{"request_headers", c.RequestHeaders}, {"response_headers", c.ResponseHeaders}, {"redact_headers", c.RedactHeaders}} {
		if list.key != "redact_headers" && len(list.headers) > maxHeaders {
			errs = append(errs, fmt.Errorf("http::%s: %d headers are more than %d", list.key, len(list.headers), maxHeaders))
		}
		for i, name := range list.headers {
			if !isHeaderName(name) {
				errs = append(errs, fmt.Errorf("http::%s[%d]: %q is no name of a header, of letters, digits and -_ and of %d characters at most", list.key, i, name, httpcall.MaxHeaderName))
			}
		}
	}
	if c.ClientAddress != clientSocket && c.ClientAddress != clientForwarded {
		errs = append(errs, fmt.Errorf("http::client_address: %q is not one of %s, %s", c.ClientAddress, clientSocket, clientForwarded))
	}
	return errs
}

func (c *RoutesConfig) validate() []error {
	var errs []error
	switch c.From {
	case routesOff, routesHeuristic:
	case routesPatterns:
		if len(c.Patterns) == 0 {
			errs = append(errs, errors.New("http::routes::patterns: none is given, and no route would be known"))
		}
	default:
		errs = append(errs, fmt.Errorf("http::routes::from: %q is not one of %s, %s, %s", c.From, routesOff, routesPatterns, routesHeuristic))
	}
	if c.From == routesOff && len(c.Patterns) > 0 {
		errs = append(errs, fmt.Errorf("http::routes::from: %s leaves the patterns without a use: %s or %s takes them", routesOff, routesPatterns, routesHeuristic))
	}
	if c.Max < 1 || c.Max > maxRoutes {
		errs = append(errs, fmt.Errorf("http::routes::max: %d is not from 1 to %d", c.Max, maxRoutes))
	}
	var wrong *httproute.PatternError
	if _, err := httproute.New(c.Patterns, false); errors.As(err, &wrong) {
		errs = append(errs, fmt.Errorf("http::routes::patterns[%d]: %q %w", wrong.Index, c.Patterns[wrong.Index], wrong.Err))
	}
	return errs
}

func isHeaderName(name string) bool {
	if name == "" || len(name) > httpcall.MaxHeaderName {
		return false
	}
	return strings.IndexFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_'
	}) < 0
}

// options returns what calls are asked for, nil if it is nothing.
func (c *HTTPConfig) options() *protocol.HTTPOptions {
	o := protocol.HTTPOptions{
		RequestHeaders:  c.headers(semconv.HTTPRequestHeader, c.RequestHeaders),
		ResponseHeaders: c.headers(semconv.HTTPResponseHeader, c.ResponseHeaders),
		ForwardedClient: c.ClientAddress == clientForwarded,
		BodySizes:       c.BodySizes,
	}
	if c.Routes.From != routesOff {
		o.Router, _ = httproute.New(c.Routes.Patterns, c.Routes.From == routesHeuristic) // validated
	}
	if o.Router == nil && len(o.RequestHeaders) == 0 && len(o.ResponseHeaders) == 0 && !o.ForwardedClient && !o.BodySizes {
		return nil
	}
	return &o
}

func (c *HTTPConfig) headers(prefix string, names []string) protocol.Headers {
	out := protocol.Headers{}
	for _, name := range names {
		lower := strings.ToLower(name)
		out[lower] = protocol.Header{
			Attribute: prefix + lower,
			Redacted:  slices.ContainsFunc(c.RedactHeaders, func(hidden string) bool { return strings.EqualFold(hidden, name) }),
		}
	}
	return out
}
