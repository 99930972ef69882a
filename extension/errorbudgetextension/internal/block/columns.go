// SPDX-License-Identifier: Apache-2.0

package block

import (
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// columns hold the numbers of a Part, one column behind the other.
type columns struct {
	width            int
	valid, bad, late []uint64
}

func (r *reader) columns(h *header) *columns {
	width := h.width
	c := &columns{width: width, valid: make([]uint64, h.valid*width), bad: make([]uint64, h.bad*width), late: make([]uint64, h.late*width)}
	for i := range c.valid {
		before := uint64(0)
		if i%width != 0 {
			before = c.valid[i-1]
		}
		c.valid[i] = before + uint64(r.varint())
	}
	r.uvarints(c.bad)
	r.uvarints(c.late)
	// Neither more bad events than valid ones, nor a column of another service.
	var service slo.Service
	valid, bad := -1, 0
	has := false // a column of the service's own
	for n, e := range h.entries {
		if n == 0 || e.id.Key.Service != service {
			service, has = e.id.Key.Service, false
		}
		if e.flags&flagOwnValid != 0 {
			has = true
			valid++
		}
		if e.flags&flagEvents == 0 {
			continue
		}
		for i := range width {
			if !has || c.bad[bad*width+i] > c.valid[valid*width+i] {
				r.fault = true
				return c
			}
		}
		bad++
	}
	return c
}

func (c *columns) give(to Sink, h *header) {
	counts := make([]budget.Counts, c.width)
	valid, bad, late := -1, 0, 0
	for _, e := range h.entries {
		if e.flags&flagOwnValid != 0 {
			valid++
		}
		clear(counts)
		if e.flags&flagEvents != 0 {
			for i := range counts {
				b := c.bad[bad*c.width+i]
				counts[i].Good, counts[i].Bad = c.valid[valid*c.width+i]-b, b
			}
			bad++
		}
		if e.flags&flagLate != 0 {
			for i := range counts {
				counts[i].Uncertain = c.late[late*c.width+i]
			}
			late++
		}
		to.Strip(budget.Strip{Series: e.id, First: e.first, Last: e.last, From: h.from, Counts: counts})
	}
}

// uvarints fills a column. Most numbers take one byte.
func (r *reader) uvarints(into []uint64) {
	for i := range into {
		if len(r.buf) > 0 && r.buf[0] < 0x80 {
			into[i] = uint64(r.buf[0])
			r.buf = r.buf[1:]
			continue
		}
		into[i] = r.uvarint()
	}
}
