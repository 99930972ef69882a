// SPDX-License-Identifier: Apache-2.0

// Package store keeps counts over a crash. It is an SQLite database with a
// write-ahead log that is synced at each commit; docs/storage.md says why.
//
// A Store has one owner at a time: the process that opened it holds the
// database's lock until Close.
package store // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
