// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/internal/slo"
)

// repair leaves a store of the sound values. Minutes out of which counts were
// lost are measured no more: of what is missing nobody may say that it was good.
func (e *examination) repair(ctx context.Context, now time.Time) error {
	s := e.s
	files, own := s.values.(medium)
	if own {
		e.salvage(ctx, files)
	}
	w := &changes{}
	next := s.manifest.clone()
	next.Hours = slices.DeleteFunc(next.Hours, func(hour slo.Minute) bool { return slices.Contains(e.lostHours, hour) })
	next.Days = slices.DeleteFunc(next.Days, func(day slo.Minute) bool { return slices.Contains(e.lostDays, day) })
	next.Holes = append(next.Holes, e.holes(ctx, now)...)
	for _, day := range e.lostDays {
		w.delete(causesKey(day))
	}
	for _, hour := range e.lostHours {
		w.delete(hourKey(hour))
	}
	for n := range e.lostBatches {
		w.set(batchKey(n), block.AppendBatch(nil, &budget.Batch{Until: time.Unix(0, s.last.Until)}))
	}
	w.setManifest(next)
	w.setJSON(progressKey, s.last)
	if raw, err := s.getOf(ctx, sightsKeys); err == nil {
		for _, key := range sightsKeys {
			w.set(key, raw)
		}
	} else {
		w.delete(sightsKeys[0])
		w.delete(sightsKeys[1])
	}
	if _, err := s.get(ctx, cursorKey); err != nil && !errors.Is(err, errMissing) {
		w.delete(cursorKey)
	}
	if w.err != nil {
		return w.err
	}
	s.manifest = next
	if !own {
		return s.values.Write(ctx, w.all)
	}
	aside, err := files.Replace(ctx, now, w.all, e.sound(ctx, w.all))
	if err != nil {
		return err
	}
	for i := range e.found {
		e.found[i].Aside = aside
	}
	return files.Mark(s.last)
}

// salvage looks in all that can be read for values that could not be read by
// their key.
func (e *examination) salvage(ctx context.Context, files medium) {
	var back []Change
	files.Scan(ctx, func(key string, value []byte) {
		if block.Check(key, value) != nil {
			return
		}
		for i, hour := range e.lostHours {
			if key == hourKey(hour) {
				e.lostHours = slices.Delete(e.lostHours, i, i+1)
				back = append(back, Change{key, value})
				return
			}
		}
		for i, day := range e.lostDays {
			if key == causesKey(day) {
				e.lostDays = slices.Delete(e.lostDays, i, i+1)
				back = append(back, Change{key, value})
				return
			}
		}
		for n := range e.lostBatches {
			if key == batchKey(n) {
				delete(e.lostBatches, n)
				back = append(back, Change{key, value})
			}
		}
	})
	e.salvaged = back
}

// sound returns the values to keep beside those that are set anew.
func (e *examination) sound(ctx context.Context, set []Change) func(put func(Change) error) error {
	s := e.s
	done := map[string]bool{}
	for _, c := range set {
		done[c.Key] = true
	}
	var keys []string
	for _, hour := range s.manifest.Hours {
		keys = append(keys, hourKey(hour))
	}
	for _, day := range s.manifest.Days {
		keys = append(keys, causesKey(day))
	}
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		keys = append(keys, batchKey(n))
	}
	keys = append(keys, cursorKey)
	return func(put func(Change) error) error {
		for _, c := range e.salvaged {
			done[c.Key] = true
			if err := put(c); err != nil {
				return err
			}
		}
		for _, key := range keys {
			if done[key] {
				continue
			}
			value, err := s.values.Get(ctx, key)
			if err != nil || value == nil {
				continue // only a cursor may be missing: the others were examined
			}
			if err := put(Change{key, value}); err != nil {
				return err
			}
		}
		return nil
	}
}

// holes returns the minutes out of which counts were lost.
func (e *examination) holes(ctx context.Context, now time.Time) []hole {
	s := e.s
	latest := slo.MinuteOf(now)
	var holes []hole
	for _, hour := range e.lostHours {
		holes = append(holes, hole{hour, min(hour+block.MaxWidth-1, latest)})
	}
	before := s.manifest.Folded.minute()
	lost := false
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		if e.lostBatches[n] {
			lost = true
			continue
		}
		until := instant{}
		if raw, err := s.get(ctx, batchKey(n)); err != nil || block.ReadBatch(raw, &until) != nil {
			continue
		}
		if lost {
			holes = append(holes, hole{before, until.minute})
		}
		before, lost = until.minute, false
	}
	if lost {
		holes = append(holes, hole{before, max(before, s.last.minute())})
	}
	if e.missing.Batch > 0 {
		holes = append(holes, hole{s.last.minute(), e.missing.minute()})
	}
	for i := range holes {
		// Of a store without an instant before, the last hour is in doubt.
		holes[i].From = max(holes[i].From, holes[i].To-block.MaxWidth)
	}
	return holes
}

// instant is a block.BatchSink that reads when a batch was closed.
type instant struct{ minute slo.Minute }

func (i *instant) Strip(budget.Strip)         {}
func (i *instant) Heartbeat(budget.Heartbeat) {}
func (i *instant) Sight(budget.Sight)         {}
func (i *instant) Durable(t time.Time)        { i.minute = slo.MinuteOf(t) }
