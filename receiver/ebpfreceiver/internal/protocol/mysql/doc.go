// SPDX-License-Identifier: Apache-2.0

// Package mysql reads turns of the client/server protocol of MySQL and MariaDB
// (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html). An operation is
// a command that runs something: a text, of one statement or of several, a prepared
// statement, the choice of a database, a list of columns. Log-ins, pings and the preparing
// of statements are none; what later operations are is learned from them.
package mysql // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/mysql"
