// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// Query answers one eval of a script, in lines.
type Query func(d *Desk, args []string) ([]string, error)

// Queries that every script may ask.
func builtin() map[string]Query {
	return map[string]Query{"gate": gate, "counts": counts, "coverage": coverage, "incidents": incidents, "forecast": forecast}
}

// gate SERVICE: state, allow, strategy and budget as the gate says them, then
// the reasons and the next state.
func gate(d *Desk, args []string) ([]string, error) {
	a, err := d.one(args)
	if err != nil {
		return nil, err
	}
	g := a.Gate("script")
	lines := []string{fmt.Sprintf("%s allow=%t strategy=%s", g.State, g.Allow, g.Strategy.Type)}
	if b := g.Budget; b != nil {
		lines[0] += fmt.Sprintf(" remaining=%s of %s over %s", decimal(b.Remaining), b.SLO, b.Window)
	}
	for _, r := range g.Reasons {
		lines = append(lines, reason(r))
	}
	if n := g.NextState; n != nil {
		lines = append(lines, fmt.Sprintf("%s from %s, in %s", n.State, n.Earliest.Format(time.RFC3339), days(n.Earliest.Sub(d.Now))))
	}
	return lines, nil
}

func reason(r budgetapi.Reason) string {
	line := r.Code
	if r.SLO != "" {
		line += " " + r.SLO
	}
	if r.Value != nil {
		line += fmt.Sprintf(" %v", r.Value)
	}
	if r.Limit != nil {
		line += fmt.Sprintf(", limit %v", r.Limit)
	}
	return line
}

// counts SERVICE: each objective's counts over its window, and what is left.
func counts(d *Desk, args []string) ([]string, error) {
	a, err := d.one(args)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, s := range a.Budget().SLOs {
		line := fmt.Sprintf("%s %d/%d of %s over %s: remaining %s %s", s.Name, s.Good, s.Bad, s.Objective, s.Window, decimal(s.Remaining), s.State)
		if s.Excluded > 0 {
			line += fmt.Sprintf(", %d excluded", s.Excluded)
		}
		if s.Uncertain > 0 {
			line += fmt.Sprintf(", %d too late", s.Uncertain)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// coverage SERVICE: what it does now, and how much of the window was measured.
func coverage(d *Desk, args []string) ([]string, error) {
	a, err := d.one(args)
	if err != nil {
		return nil, err
	}
	return []string{fmt.Sprintf("%s, measured %d of %d minutes", a.View.Activity, a.View.Coverage.Measured, a.View.Coverage.Elapsed)}, nil
}

// incidents SERVICE: what spent the budgets, the newest first.
func incidents(d *Desk, args []string) ([]string, error) {
	a, err := d.one(args)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, i := range a.Incidents() {
		until := "goes on"
		if i.End != nil {
			until = "lasted " + i.End.Sub(i.Start).String()
		}
		lines = append(lines, fmt.Sprintf("%s from %s %s: %d/%d cost %s", i.SLO, i.Start.Format(time.RFC3339), until, i.Good, i.Bad, decimal(i.Cost)))
	}
	return lines, nil
}

// forecast SERVICE: what becomes of each objective's budget at the present rate,
// and of which first.
func forecast(d *Desk, args []string) ([]string, error) {
	a, err := d.one(args)
	if err != nil {
		return nil, err
	}
	b := a.Budget()
	var lines []string
	for _, s := range b.SLOs {
		line := fmt.Sprintf("%s remaining %s %s", s.Name, decimal(s.Remaining), s.Forecast.Outlook)
		if rate := s.Forecast.BurnRate; rate != nil {
			line += fmt.Sprintf(" at %s over %s", decimal(*rate), s.Forecast.Over)
		}
		if at := s.Forecast.ExhaustedAt; at != nil {
			line += fmt.Sprintf(", exhausted in %s", time.Duration(*s.Forecast.ExhaustedIn)*time.Second)
		}
		lines = append(lines, line)
	}
	if b.Forecast != nil && len(b.SLOs) > 1 {
		lines = append(lines, "first "+b.Forecast.SLO)
	}
	return lines, nil
}

func (d *Desk) one(args []string) (assess.Assessment, error) {
	if len(args) != 1 {
		return assess.Assessment{}, errors.New("the query needs one service")
	}
	service, _ := parseService(args[0])
	q := assess.Query{Name: service.Name}
	if service.Namespace != "" {
		q.Namespace = &service.Namespace
	}
	return d.Assessor.One(q), nil
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// days words a duration with days, which time.Duration does not have.
func days(d time.Duration) string {
	if n := d / (24 * time.Hour); n > 0 {
		return fmt.Sprintf("%dd%s", n, d%(24*time.Hour))
	}
	return d.String()
}
