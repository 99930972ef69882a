// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
	"github.com/sloe-dev/sloe/internal/slo"
)

// examine reads every value once and holds it against its checksum. If any is
// damaged it repairs the store.
func (s *Store) examine(ctx context.Context) error {
	e := &examination{s: s, lostBatches: map[uint64]bool{}}
	e.manifest(ctx)
	e.progress(ctx)
	e.contents(ctx)
	if files, ok := s.values.(medium); ok {
		e.files(ctx, files)
	}
	if err := ctx.Err(); err != nil {
		return err // what could not be read was not damaged
	}
	if len(e.found) == 0 {
		return nil
	}
	if err := e.repair(ctx, time.Now()); err != nil {
		return fmt.Errorf("repair the store, of which %s: %w", e.found[0], err)
	}
	s.damage = append(s.damage, e.found...)
	return nil
}

// examination is what was found.
type examination struct {
	s     *Store
	found []Damage
	// unlisted: both manifests are damaged, so that values are looked for.
	unlisted    bool
	lostHours   []slo.Minute
	lostDays    []slo.Minute
	lostBatches map[uint64]bool
	salvaged    []Change // values that were found beside their key
	// missing commits were confirmed once, and are not there.
	missing progress
}

func (e *examination) damaged(lost bool, err error, what string, args ...any) {
	e.found = append(e.found, Damage{What: fmt.Sprintf(what, args...), Lost: lost, Err: err})
}

// check tells what is wrong with a value.
func (e *examination) check(ctx context.Context, key string) error {
	sealed, err := e.s.values.Get(ctx, key)
	if err != nil {
		return err
	}
	if sealed == nil {
		return errMissing
	}
	return block.Check(key, sealed)
}

// copies examines a value that is kept twice, and tells whether one is sound and
// whether there is any.
func (e *examination) copies(ctx context.Context, keys [2]string, what string) (sound, any bool) {
	var errs [2]error
	for i, key := range keys {
		errs[i] = e.check(ctx, key)
		sound = sound || errs[i] == nil
		any = any || !errors.Is(errs[i], errMissing)
	}
	for i, err := range errs {
		if err != nil && any {
			e.damaged(!sound, err, "copy %d of %s", i+1, what)
		}
	}
	return sound, any
}

func (e *examination) manifest(ctx context.Context) {
	sound, any := e.copies(ctx, manifestKeys, "the list of values")
	if sound {
		if err := e.s.readManifest(ctx); err == nil {
			return
		}
		e.damaged(true, errors.New("it does not read as one"), "the list of values")
	}
	e.unlisted = any || sound
	// A store without a fold has no list yet.
}

func (e *examination) progress(ctx context.Context) {
	s := e.s
	raw, err := s.get(ctx, progressKey)
	if err == nil {
		err = json.Unmarshal(raw, &s.last)
	}
	switch {
	case err == nil:
		return
	case errors.Is(err, errMissing) && s.manifest.Folded.Batch == 0:
		if b := e.check(ctx, batchKey(1)); errors.Is(b, errMissing) {
			return // a new store
		}
	}
	e.damaged(false, err, "the number of the last commit")
	s.last = s.manifest.Folded
	for {
		if err := e.check(ctx, batchKey(s.last.Batch+1)); errors.Is(err, errMissing) {
			return
		}
		s.last.Batch++
	}
}

// contents examines all that the manifest and the progress speak of.
func (e *examination) contents(ctx context.Context) {
	s := e.s
	if e.unlisted {
		e.search(ctx)
	}
	for _, hour := range s.manifest.Hours {
		if err := e.check(ctx, hourKey(hour)); err != nil {
			e.lostHours = append(e.lostHours, hour)
			e.damaged(true, err, "the hour of %s", hour.Time().Format(time.RFC3339))
		}
	}
	for n := s.manifest.Folded.Batch + 1; n <= s.last.Batch; n++ {
		if err := e.check(ctx, batchKey(n)); err != nil {
			e.lostBatches[n] = true
			e.damaged(true, err, "commit %d", n)
		}
	}
	for _, day := range s.manifest.Days {
		if err := e.check(ctx, causesKey(day)); err != nil {
			e.lostDays = append(e.lostDays, day)
			e.damaged(false, err, "what the bad events of %s have in common", day.Time().Format(time.DateOnly))
		}
	}
	e.copies(ctx, sightsKeys, "the list of first sights")
	if err := e.check(ctx, cursorKey); err != nil && !errors.Is(err, errMissing) {
		e.damaged(false, err, "the place up to which the source was read")
	}
}

func (e *examination) files(ctx context.Context, files medium) {
	if err := files.Sound(ctx); err != nil {
		e.damaged(false, err, "the database's structure")
	}
	if marked := files.Marked(); marked.Batch > e.s.last.Batch {
		e.missing = marked
		e.damaged(true, nil, "the end of what was committed, commits %d to %d,", e.s.last.Batch+1, marked.Batch)
	}
}

// retention is how far back hours are looked for without a list: longer than
// any is kept.
const retention = slo.Minute((slo.MaxWindow + 48*time.Hour) / time.Minute)

// search finds what there is without a list.
func (e *examination) search(ctx context.Context) {
	s := e.s
	now := block.HourOf(slo.MinuteOf(time.Now()))
	hours := map[slo.Minute]bool{}
	for hour := now - retention; hour <= now+block.MaxWidth; hour += block.MaxWidth {
		if err := e.check(ctx, hourKey(hour)); !errors.Is(err, errMissing) {
			hours[hour] = true
		}
	}
	for day := dayOf(now - retention); day <= now+dayMinutes; day += dayMinutes {
		if err := e.check(ctx, causesKey(day)); !errors.Is(err, errMissing) {
			s.manifest.addDay(day)
		}
	}
	least := s.last.Batch + 1
	for least > 1 && !errors.Is(e.check(ctx, batchKey(least-1)), errMissing) {
		least--
	}
	if files, ok := s.values.(medium); ok {
		files.Scan(ctx, func(key string, _ []byte) {
			var n uint64
			var hour, day slo.Minute
			if _, err := fmt.Sscanf(key, "batch/%d", &n); err == nil {
				least, s.last.Batch = min(least, n), max(s.last.Batch, n)
			} else if _, err := fmt.Sscanf(key, "hour/%d", &hour); err == nil {
				hours[hour] = true
			} else if _, err := fmt.Sscanf(key, "causes/%d", &day); err == nil {
				s.manifest.addDay(day)
			}
		})
	}
	for hour := range hours {
		s.manifest.addHour(hour)
	}
	s.manifest.Folded.Batch = least - 1
}
