// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"sync"
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

	mu     sync.Mutex
	series map[SeriesID]*pendingSeries
	dirty  []*pendingSeries // those with something to drain
	sights []Sight
	beats  map[Heartbeat]struct{}
	beaten map[string]slo.Minute      // each writer's latest, drained or to be
	opened map[serviceWriter]struct{} // sighted by Open
	parts  map[pendingPart]Counts
	lost   [reasons]uint64
	// unattributed counts bad events whose parts found no room.
	unattributed uint64
	swept        slo.Minute
}

type serviceWriter struct {
	service  slo.Service
	instance string
}

// NewPending returns an empty one.
func NewPending(clock func() time.Time) *Pending {
	return &Pending{
		clock:  clock,
		series: map[SeriesID]*pendingSeries{},
		beats:  map[Heartbeat]struct{}{},
		parts:  map[pendingPart]Counts{},
		beaten: map[string]slo.Minute{},
		swept:  slo.MinuteOf(clock()),
		opened: map[serviceWriter]struct{}{},
	}
}

// Add is that of slo.Recorder.
func (p *Pending) Add(key slo.Key, minute slo.Minute, good, bad uint64, definition slo.Definition, writer slo.Writer) {
	now := slo.MinuteOf(p.clock())
	p.mu.Lock()
	defer p.mu.Unlock()
	if good > maxIncrement || bad > maxIncrement {
		p.lost[Implausible]++
		return
	}
	s := p.find(SeriesID{Key: key, Definition: definition}, good+bad)
	if s == nil {
		return
	}
	if s.last != writer.Instance || !s.sighted {
		p.sight(s, writer.Instance, now)
	}
	counts := Counts{Good: good, Bad: bad}
	minute, ok, reason := admit(minute, now)
	if !ok {
		p.lost[reason] += good + bad
		if reason == Late {
			counts = Counts{Late: good + bad}
		}
	}
	if counts.IsZero() && minute <= s.touched {
		return // known already
	}
	s.add(minute, counts)
	if !s.dirty {
		s.dirty = true
		p.dirty = append(p.dirty, s)
	}
}

// Heartbeat is that of slo.Recorder.
func (p *Pending) Heartbeat(minute slo.Minute, writer slo.Writer) {
	now := slo.MinuteOf(p.clock())
	p.mu.Lock()
	defer p.mu.Unlock()
	minute, ok, reason := admit(minute, now)
	if !ok && reason == Late {
		p.lost[LateHeartbeat]++
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
		p.lost[TooManyServices]++
		return
	}
	p.opened[sw] = struct{}{}
	p.sights = append(p.sights, Sight{Service: service, Instance: writer.Instance, Minute: now})
}

// Drain closes a batch and starts the next. The caller owns the batch.
func (p *Pending) Drain() *Batch {
	now := p.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	b := &Batch{Until: now, Sights: p.sights, Increments: make([]Increment, 0, len(p.dirty))}
	for beat := range p.beats {
		b.Heartbeats = append(b.Heartbeats, beat)
	}
	clear(p.beats)
	p.sights = nil
	b.Attributions = p.drainParts()
	for _, s := range p.dirty {
		for _, c := range s.cells {
			b.Increments = append(b.Increments, Increment{Series: s.id, Minute: c.minute, Counts: c.counts})
			s.touched = max(s.touched, c.minute)
		}
		s.cells = s.cells[:0]
		s.dirty = false
	}
	clear(p.dirty)
	p.dirty = p.dirty[:0]
	p.sweep(slo.MinuteOf(now))
	return b
}

// Lost returns how many events were not counted as they came, since the start,
// by reason. For Implausible these are calls, for LateHeartbeat heartbeats.
func (p *Pending) Lost(reason Reason) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost[reason]
}

func (p *Pending) find(id SeriesID, events uint64) *pendingSeries {
	if s, ok := p.series[id]; ok {
		return s
	}
	if len(p.series) >= maxSeries {
		p.lost[TooManySeries] += events
		return nil
	}
	s := &pendingSeries{id: id, touched: -1}
	p.series[id] = s
	return s
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
	p.sights = append(p.sights, Sight{Service: s.id.Key.Service, Instance: instance, Minute: now})
}

// sweepEvery is how often series are forgotten that were silent for as long, in
// minutes. One that speaks again is sighted again, which changes nothing.
const sweepEvery = 60

func (p *Pending) sweep(now slo.Minute) {
	if now < p.swept+sweepEvery {
		return
	}
	p.swept = now
	clear(p.opened)
	clear(p.beaten)
	for id, s := range p.series {
		if s.touched < now-sweepEvery-maxLateness {
			delete(p.series, id)
		}
	}
}
