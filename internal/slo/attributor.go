// SPDX-License-Identifier: Apache-2.0

package slo

// Dimension is a respect in which events are told apart beside good and bad.
type Dimension uint8

// Dimensions. Of each event at most one Part a dimension is known.
const (
	// Route is what was asked for: the route of an HTTP request, or its method; the
	// full method of an RPC; operation and collection of a database call.
	Route Dimension = iota
	// Dependency is whom the service called: the other side of a failed client call,
	// or of one that took longer than the threshold by itself.
	Dependency
	// Version is the service.version of the service.
	Version
	// ErrorType is error.type, or the status code.
	ErrorType
	dimensions
)

// String returns the dimension's name in answers.
func (d Dimension) String() string {
	return [dimensions]string{"route", "dependency", "version", "error"}[d]
}

// Dimensions lists every Dimension there is.
func Dimensions() []Dimension { return []Dimension{Route, Dependency, Version, ErrorType} }

// Part names the events of one kind in one respect. Its name is of low cardinality
// by convention; whoever keeps it bounds it.
type Part struct {
	Dimension Dimension
	Name      string
}

// Attributor is a Recorder that also takes what counted events have in common. A
// recorder need not be one; what is not attributed is said to be unknown.
type Attributor interface {
	Recorder

	// Attribute says of events that Add was told of before, under the same key,
	// minute and definition, that they are of a part. Of the same dimension an event
	// is attributed once at most. Good events are attributed to versions alone: for
	// a ratio of what a release changed; of all other dimensions good is 0.
	Attribute(key Key, minute Minute, definition Definition, part Part, good, bad uint64)
}
