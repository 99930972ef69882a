// SPDX-License-Identifier: Apache-2.0

package maintenance

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
	"go.yaml.in/yaml/v3"
)

const (
	// maxFileBytes bounds the file: ten thousand exclusions take about 2 MiB.
	maxFileBytes = 8 << 20
	// maxLength bounds one stretch. Who is in maintenance for longer has stopped
	// to promise anything.
	maxLength = 7 * 24 * time.Hour
)

// Load reads a file of exclusions.
func Load(file string) (*Plan, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the exclusions: %w", err)
	}
	if info.Size() > maxFileBytes {
		return nil, fmt.Errorf("read the exclusions: %s has %d bytes, at most %d are read", file, info.Size(), maxFileBytes)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the exclusions: %w", err)
	}
	return Parse(file, data)
}

// Parse reads exclusions from YAML. The name stands for the file in errors; the
// error joins all that is wrong, each with its line and what is allowed.
func Parse(name string, data []byte) (*Plan, error) {
	var doc struct {
		Exclusions []yaml.Node `yaml:"exclusions"`
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(data)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&doc); err != nil {
		return nil, fmt.Errorf("%s: %w; a file of exclusions has the key exclusions alone, a list", name, err)
	}
	p := &Plan{}
	var errs error
	for i, node := range doc.Exclusions {
		e, err := readEntry(&node)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("%s:%d: exclusions[%d]: %w", name, node.Line, i, err))
			continue
		}
		p.entries = append(p.entries, e)
	}
	if errs != nil {
		return nil, errs
	}
	return p, nil
}

// spec is an exclusion as the file has it.
type spec struct {
	Name     string   `yaml:"name"`
	Services []string `yaml:"services"`
	Start    string   `yaml:"start"`
	End      string   `yaml:"end"`
	Duration string   `yaml:"duration"`
	RRule    string   `yaml:"rrule"`
	TimeZone string   `yaml:"time_zone"`
}

var keys = []string{"name", "services", "start", "end", "duration", "rrule", "time_zone"}

func readEntry(node *yaml.Node) (entry, error) {
	for i := 0; node.Kind == yaml.MappingNode && i < len(node.Content); i += 2 {
		if key := node.Content[i].Value; !slices.Contains(keys, key) {
			return entry{}, fmt.Errorf("unknown key %s: allowed are %s", key, strings.Join(keys, ", "))
		}
	}
	var s spec
	if err := node.Decode(&s); err != nil {
		return entry{}, fmt.Errorf("must be a mapping of %s: %w", strings.Join(keys, ", "), err)
	}
	e := entry{name: s.Name, services: s.Services}
	if s.Name == "" {
		return entry{}, errors.New("name must say what the maintenance is")
	}
	if err := checkPatterns(s.Services); err != nil {
		return entry{}, err
	}
	var err error
	if e.start, e.length, err = s.times(); err != nil {
		return entry{}, err
	}
	if s.RRule != "" {
		if e.rule, err = s.rule(e); err != nil {
			return entry{}, err
		}
		e.ruleText = s.RRule
	}
	return e, nil
}

// checkPatterns refuses what names no service, or cannot.
func checkPatterns(services []string) error {
	if len(services) == 0 {
		return errors.New(`services must be a list of patterns, such as ["shop", "retail/*@production"]`)
	}
	for _, pattern := range services {
		if _, err := path.Match(pattern, ""); err != nil || pattern == "" {
			return fmt.Errorf("services: %q is no pattern: * stands for any text without a slash, ? for one character, [ab] for a or b", pattern)
		}
	}
	return nil
}

// times returns when the exclusion begins and how long it lasts.
func (s spec) times() (start time.Time, length time.Duration, err error) {
	zone := time.UTC
	if s.TimeZone != "" {
		if zone, err = time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "Local" {
			return start, 0, fmt.Errorf("time_zone must be a name such as Europe/Berlin, not %q", s.TimeZone)
		}
	}
	if start, err = instant(s.Start, zone); err != nil {
		return start, 0, fmt.Errorf("start %w", err)
	}
	switch {
	case (s.End == "") == (s.Duration == ""):
		return start, 0, errors.New("either end or duration must be given")
	case s.End != "":
		end, err := instant(s.End, zone)
		if err != nil {
			return start, 0, fmt.Errorf("end %w", err)
		}
		length = end.Sub(start)
	default:
		if length, err = time.ParseDuration(s.Duration); err != nil {
			return start, 0, fmt.Errorf("duration must be such as 30m or 2h, not %q", s.Duration)
		}
	}
	if length <= 0 || length > maxLength {
		return start, 0, fmt.Errorf("it must last more than nothing and at most %s, not %s", maxLength, length)
	}
	return start, length, nil
}

// instant reads an instant with its offset, or a local time of the zone.
func instant(text string, zone *time.Location) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(zone), nil
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("must be an instant such as 2026-03-08T02:00:00Z, or a time of time_zone such as 2026-03-08T02:00, not %q", text)
}

// rule reads the rule by which the exclusion comes again: on the clock of its
// time zone, so at the same local time in summer and in winter.
func (s spec) rule(e entry) (*rrule.RRule, error) {
	option, err := rrule.StrToROptionInLocation(s.RRule, e.start.Location())
	if err != nil {
		return nil, fmt.Errorf("rrule must be a rule of RFC 5545 such as FREQ=WEEKLY;BYDAY=SU: %w", err)
	}
	if option.Freq > rrule.DAILY {
		return nil, errors.New("rrule must come again daily, weekly, monthly or yearly: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY")
	}
	if !option.Dtstart.IsZero() {
		return nil, errors.New("rrule must have no DTSTART: that is start")
	}
	if len(option.Byhour)+len(option.Byminute)+len(option.Bysecond) > 0 {
		return nil, errors.New("rrule must have no BYHOUR, BYMINUTE and BYSECOND: the time is that of start")
	}
	option.Dtstart = e.start
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, fmt.Errorf("rrule: %w", err)
	}
	return rule, nil
}
