// SPDX-License-Identifier: Apache-2.0

// Package sqltext tells what a statement of SQL does, by its text: the operation, the
// collection, a summary of low cardinality, and, if asked for, the text itself with its
// literals hidden (semantic conventions, database spans; "Generating a summary of the
// query"). It reads tokens, not grammar, and takes beginnings of texts: what it says of a
// beginning holds for the whole.
package sqltext // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
