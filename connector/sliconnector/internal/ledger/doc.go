// SPDX-License-Identifier: Apache-2.0

// Package ledger keeps the counts of the sli connector: cumulative by service
// and indicator for sli.events, and by minute within one call for the recorder.
package ledger // import "github.com/sloe-dev/sloe/connector/sliconnector/internal/ledger"
