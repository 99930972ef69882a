// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// feed is one line of a load.
type feed struct {
	key     slo.Key // of no service: heartbeats
	writer  slo.Writer
	samples []sample
}

// load feeds minute by minute, each to be durable before the next begins.
func (d *Desk) load(block []string) error {
	feeds, err := parseFeeds(block)
	if err != nil {
		return err
	}
	from, length := d.Minute(), 0
	for _, f := range feeds {
		length = max(length, len(f.samples))
	}
	for i := range length {
		for _, f := range feeds {
			if i < len(f.samples) && f.samples[i].present {
				f.give(d, from+slo.Minute(i), f.samples[i])
			}
		}
		d.Flush()
		d.Now = (from + slo.Minute(i) + 1).Time()
		d.Flush()
		if d.EachMinute != nil {
			d.EachMinute(d)
		}
	}
	return nil
}

func (f feed) give(d *Desk, minute slo.Minute, s sample) {
	if f.key == (slo.Key{}) {
		d.Pending.Heartbeat(minute, f.writer)
		return
	}
	d.Add(f.key, minute, s.good, s.bad, f.writer)
}

// parseFeeds reads the lines of a load. A writer without a line of heartbeats
// beats as long as its lines last.
func parseFeeds(block []string) ([]feed, error) {
	if len(block) == 0 {
		return nil, errors.New("load needs a series below it")
	}
	var feeds []feed
	beats, longest := map[slo.Writer]bool{}, map[slo.Writer]int{}
	var writers []slo.Writer // in the order of the script
	for _, line := range block {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) < 3 {
			return nil, fmt.Errorf("%q is not a service, an indicator and samples", strings.TrimSpace(line))
		}
		samples, err := parseSamples(words[2:])
		if err != nil {
			return nil, err
		}
		if words[0] == "beat" {
			w := slo.Writer{Instance: words[1]}
			beats[w] = true
			feeds = append(feeds, feed{writer: w, samples: samples})
			continue
		}
		service, w := parseService(words[0])
		if longest[w] == 0 {
			writers = append(writers, w)
		}
		longest[w] = max(longest[w], len(samples))
		feeds = append(feeds, feed{key: slo.Key{Service: service, SLI: words[1]}, writer: w, samples: samples})
	}
	for _, w := range writers {
		if !beats[w] {
			samples := make([]sample, longest[w])
			for i := range samples {
				samples[i].present = true
			}
			feeds = append(feeds, feed{writer: w, samples: samples})
		}
	}
	return feeds, nil
}

// add is the command of the same name: counts of a minute of the past.
func (d *Desk) add(args []string) error {
	if len(args) != 4 {
		return errors.New("add needs how long ago, a service, an indicator and good/bad")
	}
	ago, err := ParseDuration(args[0])
	if err != nil {
		return err
	}
	s, err := parseSample(args[3])
	if err != nil {
		return err
	}
	service, w := parseService(args[1])
	d.Add(slo.Key{Service: service, SLI: args[2]}, d.Minute()-slo.Minute(ago/time.Minute), s.good, s.bad, w)
	d.Flush()
	return nil
}
