// SPDX-License-Identifier: Apache-2.0

// Package house holds the tests of the repository itself: who may import whom,
// that the manifest says what go.mod pins, that each component looks like the
// last, and that the shipped configurations start.
package house // import "github.com/sloe-dev/sloe/testbed/house"
