// SPDX-License-Identifier: Apache-2.0

package goserver

import (
	"maps"
	"sync"
)

// Counts are what a server knows of the requests it served.
type Counts struct {
	// Answered counts requests by route and status code.
	Answered map[string]map[int]uint64 `json:"answered"`
	// Abandoned counts by route the requests whose client left first.
	Abandoned map[string]uint64 `json:"abandoned"`
	// InFlight is the number of requests that are being handled.
	InFlight int `json:"in_flight"`
}

// Total is the number of answered requests with a status code from low to high,
// both included.
func (c Counts) Total(low, high int) uint64 {
	var n uint64
	for _, statuses := range c.Answered {
		for status, count := range statuses {
			if low <= status && status <= high {
				n += count
			}
		}
	}
	return n
}

// counters count while requests are served.
type counters struct {
	mu     sync.Mutex
	counts Counts
}

func newCounters() *counters {
	return &counters{counts: Counts{Answered: map[string]map[int]uint64{}, Abandoned: map[string]uint64{}}}
}

func (c *counters) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.InFlight++
}

// end is called before the last byte of the response is sent, so that a client
// that has read its response finds it counted.
func (c *counters) end(route string, status int, abandoned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.InFlight--
	if abandoned {
		c.counts.Abandoned[route]++
		return
	}
	if c.counts.Answered[route] == nil {
		c.counts.Answered[route] = map[int]uint64{}
	}
	c.counts.Answered[route][status]++
}

// snapshot returns a copy of the counts.
func (c *counters) snapshot() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Counts{Answered: map[string]map[int]uint64{}, Abandoned: maps.Clone(c.counts.Abandoned), InFlight: c.counts.InFlight}
	for route, statuses := range c.counts.Answered {
		out.Answered[route] = maps.Clone(statuses)
	}
	return out
}
