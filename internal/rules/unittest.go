// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/burnrate"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Test is one block of a promtool test file: an input, and what queries have to
// answer.
type Test struct {
	Name   string
	Inputs []Input
	Checks []Check
}

// Input is a series with a sample each minute, in promtool's notation.
type Input struct{ Series, Values string }

// Check is a query at a minute. Its answer is the one value without labels, or
// nothing.
type Check struct {
	Expr   string
	Minute int
	Value  float64
	Empty  bool
}

// input is a series and how it grows with a good and with a bad event.
type input struct {
	series    string
	good, bad int
}

// testService is a service that a region holds.
type testService struct{ matchers []string }

func (s testService) series(metric string, labels ...string) string {
	return metric + "{" + strings.Join(append(s.matchers[:len(s.matchers):len(s.matchers)], labels...), ",") + "}"
}

// member names a service of the region: where the region excludes values, one
// without the label.
func (r region) member() testService {
	b := r[0]
	b.namespace.not, b.environment.not = nil, nil
	return testService{b.matchers()}
}

const perMinute = 60 // events

// phase is some minutes of events that are all good or all bad.
type phase struct {
	minutes int
	bad     bool
}

// values writes how a series grows over phases, from a first sample of 0.
func (in input) values(phases ...phase) string {
	parts, total := []string{"0"}, 0
	for _, p := range phases {
		step := perMinute * in.good
		if p.bad {
			step = perMinute * in.bad
		}
		parts = append(parts, fmt.Sprintf("%d+%dx%d", total+step, step, p.minutes-1))
		total += step * p.minutes
	}
	return strings.Join(parts, " ")
}

// testsOf proves the rules of a service: that each alert fires and resolves, that
// a total outage fires although nothing good was ever counted, that an idle night
// is silent, and that absent data is noticed. All indicators go the same way at
// once, as promtool evaluates all rules of the file for each test.
func testsOf(p *plan) []Test {
	var tests []Test
	var done []string
	for _, o := range p.objectives {
		for _, pair := range o.pairs {
			if name := span(pair.Long); !slices.Contains(done, name) {
				done = append(done, name)
				tests = append(tests, p.burnTest(pair))
			}
		}
	}
	if len(tests) > 0 {
		tests = append(tests, p.outageTest())
	}
	if len(p.objectives) > 0 {
		tests = append(tests, p.idleTest())
	}
	if !slices.Contains(p.entry.AlertsOff, slo.AlertUnresponsive) {
		tests = append(tests, p.absentTest())
	}
	return tests
}

// reaching lists the objectives that have the alert over a long window.
func (p *plan) reaching(long time.Duration) (all []objective, pairs []burnrate.Pair) {
	for _, o := range p.objectives {
		for _, pair := range o.pairs {
			if pair.Long == long {
				all, pairs = append(all, o), append(pairs, pair)
			}
		}
	}
	return all, pairs
}

func (p *plan) inputs(objectives []objective, phases ...phase) []Input {
	var all []Input
	seen := map[string]bool{}
	for _, o := range objectives {
		for _, in := range p.source.inputs(p.region.member(), o) {
			if !seen[in.series] { // a histogram serves availability and latency
				all = append(all, Input{in.series, in.values(phases...)})
			}
			seen[in.series] = true
		}
	}
	return all
}

func (p *plan) burnTest(pair burnrate.Pair) Test {
	const before = 2
	objectives, pairs := p.reaching(pair.Long)
	outage, after := 0, 0
	for i, o := range objectives {
		share, _ := pairs[i].BadShare(o.target).Float64()
		outage = max(outage, int(math.Ceil(1.5*before*share/(1-share)))+minutes(pairs[i].For)+10)
		after = max(after, minutes(pairs[i].Short)+3)
	}
	t := Test{
		Name:   fmt.Sprintf("the alerts over %s and %s fire and resolve", span(pair.Long), span(pair.Short)),
		Inputs: p.inputs(objectives, phase{before, false}, phase{outage, true}, phase{after, false}),
	}
	for i, o := range objectives {
		firing := p.firing(o, pairs[i])
		t.Checks = append(t.Checks, Check{Expr: firing, Minute: before, Empty: true}, Check{Expr: firing, Minute: before + outage, Value: 1},
			Check{Expr: firing, Minute: before + outage + after, Empty: true})
	}
	return t
}

func (p *plan) outageTest() Test {
	t := Test{Name: "a total outage fires, though nothing good was ever counted"}
	wait := 5
	for _, o := range p.objectives {
		if len(o.pairs) > 0 {
			wait = max(wait, minutes(o.pairs[0].For)+5)
		}
	}
	t.Inputs = p.inputs(p.objectives, phase{wait, true})
	for _, o := range p.objectives {
		if len(o.pairs) > 0 {
			t.Checks = append(t.Checks, Check{Expr: p.firing(o, o.pairs[0]), Minute: wait, Value: 1})
		}
	}
	return t
}

func (p *plan) idleTest() Test {
	quiet, alerts := max(minutes(p.UnresponsiveAfter)+10, 60), !slices.Contains(p.entry.AlertsOff, slo.AlertUnresponsive)
	t := Test{Name: "idle is silent, and is no missing data"}
	if p.SilentAfter > 0 && alerts {
		t.Name = "idle is silent, for as long as is allowed"
		quiet = max(minutes(p.SilentAfter)-1, 1)
		late := quiet + minutes(p.UnresponsiveAfter) + 5
		t.Checks = append(t.Checks, Check{Expr: p.unresponsive(), Minute: late, Value: 1})
	}
	for _, in := range p.inputs(p.objectives) {
		t.Inputs = append(t.Inputs, Input{in.Series, fmt.Sprintf("%d+0x%d", perMinute, quiet+minutes(p.UnresponsiveAfter)+5)})
	}
	return Test{Name: t.Name, Inputs: t.Inputs, Checks: append([]Check{
		{Expr: p.region.each(idleSeries, "count(% == 1)"), Minute: quiet, Value: 1},
		{Expr: `count(ALERTS{alertstate="firing"})`, Minute: quiet, Empty: true},
	}, t.Checks...)}
}

// unresponsive counts the firing alerts on missing data or traffic.
func (p *plan) unresponsive() string {
	name := "SLO_" + p.id + "_Unresponsive"
	if p.Profile == Pyrra {
		name = "SLOMetricAbsent"
	}
	return `count(ALERTS{alertstate="firing",` + equal("alertname", name) + "})"
}

func (p *plan) absentTest() Test {
	expr := p.unresponsive()
	wait := minutes(p.UnresponsiveAfter)
	return Test{
		Name:   "absent data is unresponsive",
		Checks: []Check{{Expr: expr, Minute: max(wait-1, 0), Empty: true}, {Expr: expr, Minute: wait + 1, Value: 1}},
	}
}

// firing counts the firing alerts of one pair of an objective.
func (p *plan) firing(o objective, pair burnrate.Pair) string {
	own := equal("sli_name", o.name)
	switch p.Profile {
	case Sloth:
		own = equal("sloth_slo", o.name)
	case Pyrra:
		own = equal("slo", p.id+"-"+o.name)
	}
	return `count(ALERTS{alertstate="firing",` + own + "," + equal("long_window", span(pair.Long)) + "})"
}

func minutes(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }
