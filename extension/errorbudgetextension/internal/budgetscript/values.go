// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// sample is what one minute of a series holds, or that it holds nothing.
type sample struct {
	good, bad uint64
	present   bool
}

// maxMinutes bounds a line: a year.
const maxMinutes = 366 * 24 * 60

// parseSamples reads "100/0x60 - 85/15x10".
func parseSamples(words []string) ([]sample, error) {
	var out []sample
	for _, word := range words {
		value, times, repeated := strings.Cut(word, "x")
		n := 1
		if repeated {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 1 {
				return nil, fmt.Errorf("%q: after the x stands how many minutes", word)
			}
		}
		s, err := parseSample(value)
		if err != nil {
			return nil, err
		}
		if len(out)+n > maxMinutes {
			return nil, fmt.Errorf("%q: more than %d minutes", word, maxMinutes)
		}
		for range n {
			out = append(out, s)
		}
	}
	return out, nil
}

// parseSample reads "100/1", "-" or, of heartbeats, "".
func parseSample(text string) (sample, error) {
	switch text {
	case "-":
		return sample{}, nil
	case "":
		return sample{present: true}, nil
	}
	good, bad, _ := strings.Cut(text, "/")
	g, err1 := strconv.ParseUint(good, 10, 64)
	b, err2 := strconv.ParseUint(bad, 10, 64)
	if err1 != nil || err2 != nil {
		return sample{}, fmt.Errorf("%q is not good/bad, such as 100/1, nor -", text)
	}
	return sample{good: g, bad: b, present: true}, nil
}

// ParseDuration is time.ParseDuration that knows days too: 30d.
func ParseDuration(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil {
			return 0, fmt.Errorf("%q is not a duration such as 30d", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration such as 30d, 6h or 90m", text)
	}
	return d, nil
}

// parseService reads "namespace/name@writer" with namespace and writer optional.
func parseService(text string) (slo.Service, slo.Writer) {
	name, writer, found := strings.Cut(text, "@")
	if !found {
		writer = "w1"
	}
	service := slo.Service{Name: name}
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		service = slo.Service{Namespace: namespace, Name: rest}
	}
	return service, slo.Writer{Instance: writer}
}
