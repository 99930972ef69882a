// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"time"
)

// Values keeps bytes under keys.
type Values interface {
	// Get returns a value, nil if there is none. The caller owns it.
	Get(ctx context.Context, key string) ([]byte, error)
	// Write carries out all changes or none. It returns when they are durable, as
	// far as the medium promises it.
	Write(ctx context.Context, changes []Change) error
	Close(ctx context.Context) error
}

// Change sets the value of a key, or deletes it if the value is nil.
type Change struct {
	Key   string
	Value []byte
}

// medium is a Values that lies in files of its own.
type medium interface {
	Values
	// Sound tells what is wrong with the files, nil if nothing is.
	Sound(ctx context.Context) error
	// Scan visits every value that can still be read, whatever else is damaged.
	Scan(ctx context.Context, visit func(key string, value []byte))
	// Replace sets the files aside under a name with the instant, which it
	// returns, and goes on with new ones that hold what is set and what is kept.
	// Until the new ones are whole the old ones can be read.
	Replace(ctx context.Context, at time.Time, set []Change, keep func(put func(Change) error) error) (aside string, err error)
	// Mark notes how far commits went, beside the values and without waiting for
	// the disk; Marked returns it.
	Mark(progress) error
	Marked() progress
}
