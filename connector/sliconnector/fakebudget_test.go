// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"sync"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/sloe-dev/sloe/internal/slo"
)

// budgetID is the extension of the tests.
var budgetID = component.MustNewID("error_budget")

// cellOf is one series of one minute, as the recorder was told.
type cellOf struct {
	sli        string
	service    slo.Service
	minute     slo.Minute
	definition slo.Definition
}

type goodBad struct{ good, bad uint64 }

// fakeBudget is an extension that records, with a catalogue whose threshold can
// be changed.
type fakeBudget struct {
	component.StartFunc
	component.ShutdownFunc

	mu         sync.Mutex
	threshold  time.Duration
	felt       bool
	objectives []slo.Objective
	generation uint64
	counts     map[cellOf]goodBad
	byWriter   map[slo.Writer]goodBad
	first      map[slo.Key]goodBad // the first count of each series
	beats      map[slo.Writer][]slo.Minute
	open       map[slo.Service]uint64
	parts      map[partOf]goodBad
	waits      map[slo.Service]slo.Waits
	uncertain  map[slo.Key]uint64
}

// partOf is a part of the events of a cell.
type partOf struct {
	cellOf
	slo.Part
}

func newFakeBudget(threshold time.Duration) *fakeBudget {
	return &fakeBudget{
		threshold: threshold, generation: 1, counts: map[cellOf]goodBad{}, byWriter: map[slo.Writer]goodBad{},
		first: map[slo.Key]goodBad{}, beats: map[slo.Writer][]slo.Minute{}, open: map[slo.Service]uint64{},
		parts: map[partOf]goodBad{}, waits: map[slo.Service]slo.Waits{}, uncertain: map[slo.Key]uint64{},
	}
}

func (f *fakeBudget) Add(key slo.Key, minute slo.Minute, good, bad uint64, d slo.Definition, w slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.first[key]; !known {
		f.first[key] = goodBad{good, bad}
	}
	at := cellOf{key.SLI, key.Service, minute, d}
	f.counts[at] = goodBad{f.counts[at].good + good, f.counts[at].bad + bad}
	f.byWriter[w] = goodBad{f.byWriter[w].good + good, f.byWriter[w].bad + bad}
}

func (f *fakeBudget) Uncertain(key slo.Key, _ slo.Minute, n uint64, _ slo.Definition, _ slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n == 0 {
		panic("nothing to say")
	}
	f.uncertain[key] += n
}

func (f *fakeBudget) Attribute(key slo.Key, minute slo.Minute, d slo.Definition, part slo.Part, good, bad uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := partOf{cellOf{key.SLI, key.Service, minute, d}, part}
	f.parts[at] = goodBad{f.parts[at].good + good, f.parts[at].bad + bad}
}

func (f *fakeBudget) Waited(s slo.Service, _ slo.Minute, w slo.Waits) {
	f.mu.Lock()
	defer f.mu.Unlock()
	sum := f.waits[s]
	sum.Add(w)
	f.waits[s] = sum
}

// partsOf returns the bad events of an indicator by part, over services, minutes
// and definitions; of versions the good ones too.
func (f *fakeBudget) partsOf(sli string, d slo.Dimension) map[string]goodBad {
	f.mu.Lock()
	defer f.mu.Unlock()
	sums := map[string]goodBad{}
	for at, n := range f.parts {
		if at.sli == sli && at.Dimension == d {
			sums[at.Name] = goodBad{sums[at.Name].good + n.good, sums[at.Name].bad + n.bad}
		}
	}
	return sums
}

var (
	_ slo.Attributor    = (*fakeBudget)(nil)
	_ slo.QueueRecorder = (*fakeBudget)(nil)
)

func (f *fakeBudget) Heartbeat(minute slo.Minute, w slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.beats[w] = append(f.beats[w], minute)
}

func (f *fakeBudget) Open(s slo.Service, _ slo.Minute, open uint64, _ slo.Writer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open[s] = open
}

func (f *fakeBudget) Lookup(s slo.Service) slo.Entry {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slo.Entry{Service: s, LatencyThreshold: f.threshold, Felt: f.felt, Objectives: f.objectives}
}

func (f *fakeBudget) Thresholds() []time.Duration { return []time.Duration{f.threshold} }

func (f *fakeBudget) Generation() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.generation
}

func (f *fakeBudget) reload(threshold time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.threshold, f.generation = threshold, f.generation+1
}

// total is the sum over minutes, services and definitions.
func (f *fakeBudget) total(sli string) goodBad {
	f.mu.Lock()
	defer f.mu.Unlock()
	var sum goodBad
	for at, n := range f.counts {
		if at.sli == sli {
			sum = goodBad{sum.good + n.good, sum.bad + n.bad}
		}
	}
	return sum
}
