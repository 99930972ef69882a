// SPDX-License-Identifier: Apache-2.0

// Package protocol turns what was captured of an exchange into a Call. It knows
// bytes and given times only: no clock, no logger, no sockets, no pdata.
package protocol // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

import (
	"slices"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// Kind is the side of a call that the process was on.
type Kind uint8

// Kinds of calls.
const (
	Server Kind = iota + 1
	Client
)

// String returns the value of sloe.kind.
func (k Kind) String() string {
	if k == Client {
		return semconv.KindClient
	}
	return semconv.KindServer
}

// Outcome tells how an exchange ended.
type Outcome uint8

// Outcomes of an exchange.
const (
	Answered Outcome = iota
	// AbortedByServer: closed, reset or exited without a response.
	AbortedByServer
	// AbortedByClient: the client left first.
	AbortedByClient
	// Truncated: the server ended the connection before its response was whole.
	Truncated
)

// String returns the value of sloe.exchange.outcome, empty for an answered call.
func (o Outcome) String() string {
	switch o {
	case AbortedByServer:
		return semconv.AbortedByServer
	case AbortedByClient:
		return semconv.AbortedByClient
	case Truncated:
		return semconv.Truncated
	}
	return ""
}

// Attribute is one attribute of a call, by its name in the semantic
// conventions. Text is used unless it is empty; then Number is, unless it is a Flag.
type Attribute struct {
	Key    string
	Text   string
	Number int64
	// Flag: the value is true.
	Flag bool
	// Listed: the value is a list of texts, of which each has an attribute of its own,
	// one behind the other.
	Listed bool
	// Metric tells that the attribute is of low cardinality and belongs to the
	// duration histogram too.
	Metric bool
}

// Call is one parsed exchange: all that later rooms need to know, so that none
// of them has a switch over protocols. Times are nanoseconds since the Unix
// epoch.
type Call struct {
	Kind Kind
	// Family is the value of sloe.protocol.
	Family string
	// Metric is the name of the duration histogram of the conventions.
	Metric string
	// Name of the span.
	Name string

	StartUnixNano uint64
	EndUnixNano   uint64
	// QueueNs is how long the request waited for its server before StartUnixNano,
	// if QueueKnown.
	QueueNs    uint64
	QueueKnown bool
	// EndUnknown tells that the end of the response was not seen: EndUnixNano is
	// the last that is known.
	EndUnknown bool
	// StartUnproven tells that the request's own time was not seen.
	StartUnproven bool

	Outcome Outcome
	// Failed is the span's error status by the conventions.
	Failed bool
	// ErrorType is the value of error.type, empty if there is none.
	ErrorType string
	// StatusClass is the value of sloe.status.class.
	StatusClass string

	// Waits tells that the call waits for others by its nature: its duration says
	// nothing of the server.
	Waits bool

	Attributes []Attribute
	// Route is that of a server's URL, for whoever bounds how many of them are told; empty
	// if none is known.
	Route string

	// Texts make the strings. It may be nil, and stays when the call is reset.
	Texts *Texts
	// SQL reads statements of SQL. It may be nil, and stays when the call is reset.
	SQL *sqltext.Cache
	// HTTP says what more is told of calls of HTTP. It may be nil, and stays when the call
	// is reset.
	HTTP *HTTPOptions
	// Brief asks for the attributes of the histograms alone: nobody wants a span.
	// It stays when the call is reset.
	Brief bool
	// Paths asks for the URL's path as an attribute of servers' histograms. It stays when
	// the call is reset.
	Paths bool
}

// Fresh returns an empty call that is asked for the same.
func (c *Call) Fresh() *Call {
	fresh := c.asked()
	return &fresh
}

// asked is an empty call with what stays when a call is reset.
func (c *Call) asked() Call {
	return Call{Texts: c.Texts, Brief: c.Brief, Paths: c.Paths, SQL: c.SQL, HTTP: c.HTTP}
}

// Truncate says that the response broke off: a failure, whatever its status said. It is
// not as long as it said either.
func (c *Call) Truncate() {
	c.Outcome, c.Failed = Truncated, true
	c.Attributes = slices.DeleteFunc(c.Attributes, func(a Attribute) bool { return a.Key == semconv.HTTPResponseBodySize })
	if c.ErrorType == "" {
		c.ErrorType = semconv.Truncated
	}
}

// Text adds a text attribute, unless the call is to be brief and it is not for
// the histograms.
func (c *Call) Text(key, value string, metric bool) {
	if c.Brief && !metric {
		return
	}
	c.Attributes = append(c.Attributes, Attribute{Key: key, Text: value, Metric: metric})
}

// Number is Text for numbers.
func (c *Call) Number(key string, value int64, metric bool) {
	if c.Brief && !metric {
		return
	}
	c.Attributes = append(c.Attributes, Attribute{Key: key, Number: value, Metric: metric})
}

// Flag adds an attribute that is true, for spans.
func (c *Call) Flag(key string) {
	if !c.Brief {
		c.Attributes = append(c.Attributes, Attribute{Key: key, Flag: true})
	}
}

// Reset empties the call for reuse.
func (c *Call) Reset() {
	empty := c.asked()
	empty.Attributes = c.Attributes[:0]
	*c = empty
}
