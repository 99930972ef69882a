// SPDX-License-Identifier: Apache-2.0

package burnrate

import (
	_ "embed"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

//go:embed profiles.yaml
var data []byte

var profiles = mustParse(data)

// Named returns the profile of a name. The error lists the names there are.
func Named(name string) (Profile, error) {
	p, ok := profiles[name]
	if !ok {
		return Profile{}, fmt.Errorf("must be one of %s, not %q", strings.Join(Names(), ", "), name)
	}
	return p, nil
}

// Names returns the names of the profiles, sorted.
func Names() []string { return slices.Sorted(maps.Keys(profiles)) }

// ForPeriod returns the workbook's profile for a budget's window, such as 28d
// for 28 days, or google-30d if there is none for that window.
func ForPeriod(period time.Duration) Profile {
	for _, name := range Names() {
		if p := profiles[name]; p.Period == period && name != Simple {
			return p
		}
	}
	return profiles[Google30d]
}

// written is a profile as the file has it.
type written struct {
	Period string
	Pairs  []struct{ Severity, Long, Short, Spent, Factor, For string }
}

func mustParse(data []byte) map[string]Profile {
	p, err := parse(data)
	if err != nil {
		panic(err) // the embedded profiles are part of the program
	}
	return p
}

func parse(data []byte) (map[string]Profile, error) {
	var file map[string]written
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("read burn-rate profiles: %w", err)
	}
	out := map[string]Profile{}
	for name, w := range file {
		p, err := w.profile(name)
		if err != nil {
			return nil, fmt.Errorf("read burn-rate profile %s: %w", name, err)
		}
		out[name] = p
	}
	return out, nil
}

func (w written) profile(name string) (Profile, error) {
	period, err := parseWindow(w.Period)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{Name: name, Period: period}
	for _, given := range w.Pairs {
		pair := Pair{Severity: given.Severity}
		if pair.Long, err = parseWindow(given.Long); err != nil {
			return Profile{}, err
		}
		if pair.Short, err = parseWindow(given.Short); err != nil {
			return Profile{}, err
		}
		if given.For != "" {
			if pair.For, err = parseWindow(given.For); err != nil {
				return Profile{}, err
			}
		}
		if pair.Factor, err = factor(given.Factor, given.Spent, period, pair.Long); err != nil {
			return Profile{}, err
		}
		p.Pairs = append(p.Pairs, pair)
	}
	return p, nil
}

// factor returns the factor given, or that by which a share of the budget is
// spent within the long window.
func factor(given, spent string, period, long time.Duration) (*big.Rat, error) {
	text := given
	if given == "" {
		text = spent
	}
	f, ok := new(big.Rat).SetString(text)
	if !ok || f.Sign() <= 0 {
		return nil, fmt.Errorf("factor or spent must be a number above 0, not %q", text)
	}
	if given == "" {
		f.Mul(f, big.NewRat(int64(period/time.Minute), int64(long/time.Minute)))
	}
	return f, nil
}

// parseWindow reads a whole number with the unit m, h or d.
func parseWindow(text string) (time.Duration, error) {
	units := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}
	if len(text) > 1 {
		n, err := strconv.ParseUint(text[:len(text)-1], 10, 16)
		if unit, ok := units[text[len(text)-1:]]; ok && err == nil && n > 0 {
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is not a whole number of m, h or d", text)
}

func sortedUnique(d []time.Duration) []time.Duration {
	slices.Sort(d)
	return slices.Compact(d)
}
