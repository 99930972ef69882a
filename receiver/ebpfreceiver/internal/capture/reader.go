// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/cilium/ebpf/ringbuf"
)

// ErrClosed is returned by Read after Close.
var ErrClosed = ringbuf.ErrClosed

// Clock of the records.
func (c *Capture) Clock() *Clock { return &c.clock }

// Read calls handle with each sample that there is, until the deadline passes
// with none left. The bytes are valid during the call only. It returns
// ErrClosed after Close.
//
// Wake-ups are batched by the kernel, so Read looks at the ring by itself at
// least every Poll.
func (c *Capture) Read(handle func(sample []byte)) error {
	c.reader.SetDeadline(time.Now().Add(Poll))
	return c.read(handle)
}

// Drain calls handle with all that is left after Detach.
func (c *Capture) Drain(handle func(sample []byte)) error {
	c.reader.SetDeadline(time.Now())
	for c.RingAvailable() > 0 {
		if err := c.read(handle); err != nil {
			return err
		}
	}
	return nil
}

// maxBatch bounds one Read, so that its caller gets to its other duties under load.
const maxBatch = 4096

func (c *Capture) read(handle func(sample []byte)) error {
	var rec ringbuf.Record
	for range maxBatch {
		switch err := c.reader.ReadInto(&rec); {
		case err == nil:
			handle(rec.RawSample)
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case errors.Is(err, ErrClosed):
			return err
		default:
			return fmt.Errorf("read the ring buffer: %w", err)
		}
	}
	return nil
}

// RingAvailable returns the unread bytes of the ring buffer.
func (c *Capture) RingAvailable() int { return c.reader.AvailableBytes() }
