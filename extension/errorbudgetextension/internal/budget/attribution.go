// SPDX-License-Identifier: Apache-2.0

package budget

import "github.com/sloe-dev/sloe/internal/slo"

// hourMinutes is how finely it is kept what events have in common. By the minute it
// would take more room than the counts themselves.
const hourMinutes = 60

// Attribution says that events of a series, in the hour that begins with a minute,
// are of a part. The empty name stands for all parts that have no name of their own.
type Attribution struct {
	Series SeriesID
	Hour   slo.Minute
	Part   slo.Part
	Counts Counts
}

const (
	// maxPartName bounds a part's name, in bytes. What is longer is no name.
	maxPartName = 256
	// maxPendingParts bounds what is attributed between two drains.
	maxPendingParts = 50_000
)

// pendingPart is what is attributed together.
type pendingPart struct {
	series SeriesID
	hour   slo.Minute
	part   slo.Part
}

// Attribute is that of slo.Attributor. Events that Add did not count as they came
// are not attributed either: late ones, and such as cannot be.
func (p *Pending) Attribute(key slo.Key, minute slo.Minute, definition slo.Definition, part slo.Part, good, bad uint64) {
	now := slo.MinuteOf(p.clock())
	p.mu.Lock()
	defer p.mu.Unlock()
	minute, ok, reason := admit(minute, now)
	if good > maxIncrement || bad > maxIncrement || !ok && reason == Late {
		return // said by Add
	}
	if len(part.Name) > maxPartName {
		part.Name = ""
	}
	at := pendingPart{SeriesID{Key: key, Definition: definition}, startOfHour(minute), part}
	counts, known := p.parts[at]
	if !known && len(p.parts) >= maxPendingParts {
		p.unattributed += bad
		return
	}
	counts.add(Counts{Good: good, Bad: bad})
	p.parts[at] = counts
}

func startOfHour(minute slo.Minute) slo.Minute { return minute - minute%hourMinutes }

// attributions lists what was attributed. It may be much, so nobody holds a lock.
func attributions(parts map[pendingPart]Counts) []Attribution {
	if len(parts) == 0 {
		return nil
	}
	out := make([]Attribution, 0, len(parts))
	for at, counts := range parts {
		out = append(out, Attribution{Series: at.series, Hour: at.hour, Part: at.part, Counts: counts})
	}
	return out
}

// Unattributed returns how many bad events could not be attributed for want of
// room, since the start.
func (p *Pending) Unattributed() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.unattributed
}
