// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Pending holds what was counted and is not durable yet. Its methods may be
// called from any goroutine; none of them blocks on more than a short lock.
//
// What it holds is bounded by the series and the minutes that were counted
// since the last Drain, however many calls there were.
type Pending struct {
	clock func() time.Time

	shards [pendingShards]pendingShard
	series atomic.Int64 // of all shards
	lost   [reasons]atomic.Uint64

	mu     sync.Mutex // guards what follows
	sights []Sight
	beats  map[Heartbeat]struct{}
	beaten map[string]slo.Minute      // each writer's latest, drained or to be
	opened map[serviceWriter]struct{} // sighted by Open
	parts  map[pendingPart]Counts
	// unattributed counts bad events whose parts found no room.
	unattributed uint64
	swept        slo.Minute
}

// pendingShards is how many locks the series are spread over, so that counting
// goroutines seldom meet, and a Drain holds up few of them at a time.
const pendingShards = 64

type serviceWriter struct {
	service  slo.Service
	instance string
}

// NewPending returns an empty one.
func NewPending(clock func() time.Time) *Pending {
	return &Pending{
		clock:  clock,
		beats:  map[Heartbeat]struct{}{},
		parts:  map[pendingPart]Counts{},
		beaten: map[string]slo.Minute{},
		swept:  slo.MinuteOf(clock()),
		opened: map[serviceWriter]struct{}{},
	}
}

var seriesSeed = maphash.MakeSeed()

// hashOf tells series apart but for rare collisions. Services of a name and the
// indicators of a service share most of their bytes, so each text counts. The hash
// of the name alone chooses the shard: what is added for a service at once is
// drained side by side.
func hashOf(key *slo.Key, definition slo.Definition) (name, h uint64) {
	const odd = 0x9e3779b97f4a7c15
	name = maphash.String(seriesSeed, key.Service.Name)
	h = (name ^ maphash.String(seriesSeed, key.SLI)) * odd
	h = (h ^ h>>32 ^ maphash.String(seriesSeed, key.Service.Namespace)) * odd
	h = (h ^ h>>32 ^ maphash.String(seriesSeed, key.Service.Environment)) * odd
	h = (h ^ h>>32 ^ maphash.String(seriesSeed, string(definition))) * odd
	return name, h ^ h>>32
}

// Add is that of slo.Recorder.
func (p *Pending) Add(key slo.Key, minute slo.Minute, good, bad uint64, definition slo.Definition, writer slo.Writer) {
	p.add(key, minute, Counts{Good: good, Bad: bad}, definition, writer)
}

// Uncertain is that of slo.Recorder.
func (p *Pending) Uncertain(key slo.Key, minute slo.Minute, n uint64, definition slo.Definition, writer slo.Writer) {
	p.add(key, minute, Counts{Uncertain: n}, definition, writer)
}

func (p *Pending) add(key slo.Key, minute slo.Minute, counts Counts, definition slo.Definition, writer slo.Writer) {
	now := slo.MinuteOf(p.clock())
	if max(counts.Good, counts.Bad, counts.Uncertain) > maxIncrement {
		p.lost[Implausible].Add(1)
		return
	}
	name, hash := hashOf(&key, definition)
	sh := &p.shards[name%pendingShards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	s := sh.find(hash, &key, definition)
	if s == nil {
		if s = p.admitSeries(sh, hash, SeriesID{Key: key, Definition: definition}, counts.events()); s == nil {
			return
		}
	}
	if s.last != writer.Instance || !s.sighted {
		p.sight(s, writer.Instance, now)
	}
	minute, ok, reason := admit(minute, now)
	if !ok {
		p.lost[reason].Add(counts.events())
		if reason == Late {
			counts = Counts{Uncertain: counts.events()}
		}
	}
	if counts.IsZero() && minute <= s.touched {
		return // known already
	}
	s.add(minute, counts)
	if !s.dirty {
		s.dirty = true
		sh.dirty = append(sh.dirty, s)
	}
}

// Heartbeat is that of slo.Recorder.
func (p *Pending) Heartbeat(minute slo.Minute, writer slo.Writer) {
	now := slo.MinuteOf(p.clock())
	p.mu.Lock()
	defer p.mu.Unlock()
	minute, ok, reason := admit(minute, now)
	if !ok && reason == Late {
		p.lost[LateHeartbeat].Add(1)
		return
	}
	if latest, known := p.beaten[writer.Instance]; known && latest == minute {
		return // writers beat several times a minute
	}
	p.beaten[writer.Instance] = minute
	p.beats[Heartbeat{Instance: writer.Instance, Minute: minute}] = struct{}{}
}

// Sight makes a service known that has open requests and was never counted.
func (p *Pending) Sight(service slo.Service, writer slo.Writer) {
	now := slo.MinuteOf(p.clock())
	p.mu.Lock()
	defer p.mu.Unlock()
	sw := serviceWriter{service: service, instance: writer.Instance}
	if _, known := p.opened[sw]; known {
		return
	}
	if len(p.opened) >= maxSeries {
		p.lost[TooManyServices].Add(1)
		return
	}
	p.opened[sw] = struct{}{}
	p.sights = append(p.sights, Sight{Service: service, Instance: writer.Instance, Minute: now})
}

// Drain closes a batch and starts the next. The caller owns the batch. Of what is
// added meanwhile some is in it and some in the next; a heartbeat or an attribution
// is never in it without what was added before.
func (p *Pending) Drain() *Batch {
	now := p.clock()
	b := &Batch{Until: now}
	sweep, parts := p.drainRest(b)
	b.Attributions = attributions(parts)
	series := 0
	for i := range p.shards {
		series += p.shards[i].waiting()
	}
	b.Increments = make([]Increment, 0, series+series/16)
	for i := range p.shards {
		sh := &p.shards[i]
		sh.drain(b)
		if sweep {
			p.series.Add(-int64(sh.sweep(slo.MinuteOf(now))))
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	b.Sights, p.sights = append(b.Sights, p.sights...), nil // those of the series in it
	return b
}

// drainRest takes what is not in a shard, the parts as they are held. It tells
// whether silent series are to be forgotten.
func (p *Pending) drainRest(b *Batch) (sweep bool, parts map[pendingPart]Counts) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.parts) > 0 {
		parts, p.parts = p.parts, map[pendingPart]Counts{} // nobody else has them now
	}
	for beat := range p.beats {
		b.Heartbeats = append(b.Heartbeats, beat)
	}
	clear(p.beats)
	b.Sights, p.sights = p.sights, nil
	now := slo.MinuteOf(b.Until)
	if now < p.swept+sweepEvery {
		return false, parts
	}
	p.swept = now
	clear(p.opened)
	clear(p.beaten)
	return true, parts
}

// Lost returns how many events were not counted as they came, since the start,
// by reason. For Implausible these are calls, for LateHeartbeat heartbeats.
func (p *Pending) Lost(reason Reason) uint64 { return p.lost[reason].Load() }

// admitSeries makes a new series, unless there are too many.
func (p *Pending) admitSeries(sh *pendingShard, hash uint64, id SeriesID, events uint64) *pendingSeries {
	if p.series.Add(1) > maxSeries {
		p.series.Add(-1)
		p.lost[TooManySeries].Add(events)
		return nil
	}
	return sh.make(hash, id)
}

func (p *Pending) sight(s *pendingSeries, instance string, now slo.Minute) {
	if s.sighted {
		if s.writers == nil {
			s.writers = map[string]struct{}{}
		}
		s.writers[s.last] = struct{}{}
	}
	_, known := s.writers[instance]
	s.last, s.sighted = instance, true
	if known {
		return
	}
	p.mu.Lock() // within a shard's lock, never the other way round
	defer p.mu.Unlock()
	p.sights = append(p.sights, Sight{Service: s.id.Key.Service, Instance: instance, Minute: now})
}
