// SPDX-License-Identifier: Apache-2.0

// Package indicator holds the built-in service level indicators: what an event
// is, and how each indicator judges it. An indicator is a file of its own and a
// line of the registry.
package indicator // import "github.com/sloe-dev/sloe/connector/sliconnector/internal/indicator"
