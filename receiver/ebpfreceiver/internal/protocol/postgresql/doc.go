// SPDX-License-Identifier: Apache-2.0

// Package postgresql reads turns of PostgreSQL's protocol 3
// (https://www.postgresql.org/docs/current/protocol.html), simple and extended. An
// operation is a Query, an Execute or a FunctionCall. Of values that are bound to
// parameters, of rows and of passwords nothing is looked at but their lengths.
package postgresql // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/postgresql"
