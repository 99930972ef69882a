// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"slices"
	"sync"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

const (
	// queueHours is how far back Queues reaches, the running hour included.
	queueHours = 6
	// maxQueues bounds the services of Queues; one takes at most 2 KiB.
	maxQueues = 10_000
)

// Queues holds where the time of requests went in the last hours. It decides
// nothing, so it is not stored: it begins anew with the collector. Its methods may be
// called from any goroutine.
type Queues struct {
	clock func() time.Time

	mu       sync.Mutex
	services map[slo.Service][]hourWaits
	lost     uint64
}

type hourWaits struct {
	hour slo.Minute
	slo.Waits
}

// NewQueues returns an empty one.
func NewQueues(clock func() time.Time) *Queues {
	return &Queues{clock: clock, services: map[slo.Service][]hourWaits{}}
}

// Waited is that of slo.QueueRecorder. Requests of hours that are over for long are
// none of the recent ones.
func (q *Queues) Waited(service slo.Service, minute slo.Minute, w slo.Waits) {
	now := slo.MinuteOf(q.clock())
	minute, ok, reason := admit(minute, now)
	if !ok && reason == Late {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	hours, known := q.services[service]
	if !known && len(q.services) >= maxQueues && !q.forget(now) {
		q.lost += w.Requests
		return
	}
	hours = slices.DeleteFunc(hours, func(h hourWaits) bool { return h.hour < recent(now) })
	i := slices.IndexFunc(hours, func(h hourWaits) bool { return h.hour == startOfHour(minute) })
	if i < 0 {
		i, hours = len(hours), append(hours, hourWaits{hour: startOfHour(minute)})
	}
	hours[i].Add(w)
	q.services[service] = hours
}

// forget drops the services that had no requests lately, and tells whether there is
// room. The lock is held.
func (q *Queues) forget(now slo.Minute) bool {
	for id, hours := range q.services {
		if !slices.ContainsFunc(hours, func(h hourWaits) bool { return h.hour >= recent(now) }) {
			delete(q.services, id)
		}
	}
	return len(q.services) < maxQueues
}

// recent is the first hour of those that are held.
func recent(now slo.Minute) slo.Minute { return startOfHour(now) - (queueHours-1)*hourMinutes }

// Recent returns where the time of a service's requests went in the last hours, and
// since when.
func (q *Queues) Recent(service slo.Service) (sum slo.Waits, since slo.Minute) {
	now := slo.MinuteOf(q.clock())
	q.mu.Lock()
	defer q.mu.Unlock()
	since = now
	for _, h := range q.services[service] {
		if h.hour >= recent(now) {
			sum.Add(h.Waits)
			since = min(since, h.hour)
		}
	}
	return sum, since
}

// Lost returns how many requests found no room, since the start.
func (q *Queues) Lost() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost
}
