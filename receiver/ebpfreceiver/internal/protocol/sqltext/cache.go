// SPDX-License-Identifier: Apache-2.0

package sqltext

import "hash/maphash"

const (
	// cacheSlots bounds the statements that are remembered: programs have some hundreds of
	// them, and one that holds its values in its text is never seen again.
	cacheSlots = 2048
	// maxCached bounds a remembered text: with cacheSlots 1 MB at most. No captured text is
	// longer.
	maxCached = 512
	// maxSummaries bounds what becomes attributes of histograms: programs that make names of
	// tables as they go would make a series of each.
	maxSummaries = 1000
)

// Cache remembers what was read of the last texts, so that one that comes again costs no
// reading. A text takes the place of another with the same hash. It is for one goroutine.
// A nil Cache remembers nothing, and shows no text.
type Cache struct {
	show      QueryText
	seed      maphash.Seed
	slots     [cacheSlots]cacheSlot
	summaries map[string]struct{}
}

type cacheSlot struct {
	text      string
	dialect   Dialect
	whole     bool
	statement *Statement
}

// NewCache returns an empty Cache.
func NewCache(show QueryText) *Cache {
	return &Cache{show: show, seed: maphash.MakeSeed(), summaries: map[string]struct{}{}}
}

// Of reads a text, or its beginning if whole is false. It keeps no reference to the bytes.
func (c *Cache) Of(d Dialect, text []byte, whole bool) *Statement {
	if c == nil {
		s := Read(d, string(text), whole, Off)
		s.Metric = true
		return s
	}
	if len(text) > maxCached {
		return c.read(d, string(text), whole)
	}
	slot := &c.slots[maphash.Bytes(c.seed, text)%cacheSlots]
	if slot.statement == nil || slot.dialect != d || slot.whole != whole || slot.text != string(text) {
		*slot = cacheSlot{text: string(text), dialect: d, whole: whole}
		slot.statement = c.read(d, slot.text, whole)
	}
	return slot.statement
}

func (c *Cache) read(d Dialect, text string, whole bool) *Statement {
	s := Read(d, text, whole, c.show)
	_, s.Metric = c.summaries[s.Summary]
	if !s.Metric && len(c.summaries) < maxSummaries {
		c.summaries[s.Summary] = struct{}{}
		s.Metric = true
	}
	return s
}
