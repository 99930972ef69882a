// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"hash/fnv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Generate makes the rules of every entry of a catalogue. The error names the
// option that is wrong.
func Generate(entries []slo.Entry, o Options) (Set, error) {
	var set Set
	err := Each(entries, o, func(f File, warnings []string) error {
		set.Warnings = append(set.Warnings, warnings...)
		if f.Groups != nil {
			set.Files = append(set.Files, f)
		}
		return nil
	})
	return set, err
}

// Each makes the rules of one entry after the other, without keeping any, and
// ends with the first error of yield. A file of an entry of which nothing is left
// has no groups.
func Each(entries []slo.Entry, o Options, yield func(f File, warnings []string) error) error {
	o, err := o.check()
	if err != nil {
		return err
	}
	src := sourceOf(o.Source)
	write := map[string]func(*plan) []Group{Classic: classicGroups, Sloth: slothGroups, Pyrra: pyrraGroups}[o.Profile]
	sameName := map[string][]int{}
	for i, e := range entries {
		sameName[e.Service.Name] = append(sameName[e.Service.Name], i)
	}
	taken := map[string]bool{}
	for i, e := range entries {
		p := plan{Options: o, source: src, entry: e, id: idOf(e.Service, taken)}
		p.region = regionOf(entries, sameName[e.Service.Name], i)
		if len(p.region) == 0 {
			err = yield(File{Service: e.Service}, []string{fmt.Sprintf("%s is left out: more specific entries take all of it", e.Service)})
		} else {
			var warnings []string
			p.objectives, warnings = objectivesOf(e, o, src)
			err = yield(File{Name: "slo-" + p.id, Service: e.Service, Groups: write(&p), plan: &p}, warnings)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func sourceOf(name string) source {
	switch name {
	case Histograms:
		return newHistograms
	case HistogramsOld:
		return oldHistograms
	}
	return events{}
}

// idOf names a service in files and groups: namespace, name and environment as
// far as the catalogue gives them. A name that is taken gets a mark.
func idOf(s slo.Service, taken map[string]bool) string {
	var parts []string
	for _, part := range []string{s.Namespace, s.Name, s.Environment} {
		if part != "" {
			parts = append(parts, strings.Map(safe, part))
		}
	}
	id := strings.TrimLeft(strings.Join(parts, "-"), ".")
	if taken[strings.ToLower(id)] || id == "" {
		h := fnv.New32a()
		fmt.Fprint(h, s.Namespace, "\x00", s.Name, "\x00", s.Environment)
		id = fmt.Sprintf("%s-%08x", id, h.Sum32())
	}
	taken[strings.ToLower(id)] = true // some file systems do not tell cases apart
	return id
}

func safe(r rune) rune {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
		return r
	}
	return '_'
}
