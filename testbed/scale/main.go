// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/errorbudgettest"
	"github.com/sloe-dev/sloe/internal/slo"
)

func main() {
	var s serving
	child := flag.String("serve", "", "serve what is described; used by the program itself")
	flag.IntVar(&s.Services, "services", 10_000, "services, of two objectives each")
	flag.IntVar(&s.Old, "old", 1_000, "services with counts of all days; the others have those of the last four hours")
	flag.IntVar(&s.Days, "days", 30, "days of counts")
	flag.StringVar(&s.Profile, "profile", "", "directory for profiles of the run")
	length := flag.Duration("length", time.Minute, "how long the gate is asked")
	rate := flag.Int("rate", 2_000, "questions a second")
	flag.Parse()
	if err := run(*child, s, *length, *rate); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(child string, s serving, length time.Duration, rate int) (err error) {
	if child != "" {
		if err := json.Unmarshal([]byte(child), &s); err != nil {
			return err
		}
		if err := beNice(serversNice); err != nil {
			return err
		}
		return s.serve(os.Stdin, os.Stdout)
	}
	if s.Directory, err = os.MkdirTemp("", "sloe-scale-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(s.Directory)) }()
	if s.Address, err = freeAddress(); err != nil {
		return err
	}
	began := time.Now()
	s.Now = slo.MinuteOf(began)
	if err := s.write(); err != nil {
		return err
	}
	m := &measurement{serving: s, length: length, rate: rate}
	m.say("%d services, %d objectives; %d services with %d days of minutes, the others with %d minutes",
		s.Services, s.series(), s.Old, s.Days, recent)
	m.say("made in %.0f s", time.Since(began).Seconds())
	return m.run()
}

// write makes the catalogue and the history.
func (s serving) write() error {
	if err := os.WriteFile(s.Directory+"/catalogue.yaml", []byte(s.catalogue()), 0o600); err != nil {
		return err
	}
	h := errorbudgettest.History{Instance: writer.Instance, From: s.from(0), To: s.Now, Counts: s.past}
	if s.Old == 0 {
		h.From = s.Now - recent
	}
	for i := range s.series() {
		h.Series = append(h.Series, errorbudgettest.Series{Key: s.key(i), Definition: definition, From: s.from(i / len(indicators))})
	}
	return h.Write(context.Background(), s.Directory+"/store")
}
