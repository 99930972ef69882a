// SPDX-License-Identifier: Apache-2.0

// Package cause reads off a bad span what it has in common with others: its route,
// the dependency that failed it, its error. Good spans are never read.
package cause // import "github.com/sloe-dev/sloe/connector/sliconnector/internal/cause"
