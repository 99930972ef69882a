// SPDX-License-Identifier: Apache-2.0

// Package auditlog is an append-only log of who decided what. Every record holds
// the hash of the one before, so an edited, removed, inserted or reordered record
// shows; a file beside the log holds the hash of the last one, so a shortened log
// shows too. Records are on disk before Append returns.
//
// What this proves: nobody changed the log alone. Who may write both files may
// write another history; keep the head's hash, which every Append returns and the
// collector logs, elsewhere if that matters.
package auditlog // import "github.com/sloe-dev/sloe/internal/auditlog"
