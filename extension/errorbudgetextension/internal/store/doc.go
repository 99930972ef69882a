// SPDX-License-Identifier: Apache-2.0

// Package store keeps counts over a crash, as values under keys: a batch is
// written as one value, and batches are folded into one block an hour. Every
// value bears a checksum and is read without the others, so that damage costs
// what it hit and nothing else. docs/storage.md says more.
//
// The values lie in an SQLite database of the extension's own, or in a storage
// extension of the collector.
//
// A Store has one owner at a time, and one goroutine uses it at a time.
package store // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
