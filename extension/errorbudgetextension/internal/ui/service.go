// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// detail is what the page of a service shows.
type detail struct {
	Title          string
	AsOf           string
	DurableThrough string
	Now            time.Time
	// Several are the services of the name, if it fits more than one.
	Several []choice

	Service     *row
	Override    string
	Objectives  []objective
	BurnWindows []string
	Queue       *queue
	Excluded    []string
	Curl        string
	GateLink    string
	BudgetLink  string
}

// choice leads to one of several services.
type choice struct{ Link, Words string }

// objective is one section.
type objective struct {
	budgetapi.SLO
	Allowed string
	Bar     bar
	Plot    plot
	Events  events
	ByDay   []dayCounts
	Burns   []string
	// Drawn tells whether there are plots.
	Drawn     bool
	Incidents []string
	// Spent tells what the bad events have in common, and Dark in which respects
	// nothing is known.
	Spent []spentBy
	Dark  string
}

// service shows one service.
func (p *painter) service(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	q := assess.Query{Name: r.PathValue("service"), Namespace: given(query, "namespace"), Environment: given(query, "environment")}
	v := detail{AsOf: instant(p.Clock()), DurableThrough: instant(p.Ledger().DurableThrough()), Now: p.Clock()}
	found := p.EachInDetail(q)
	if len(found) != 1 {
		v.Title, v.Several = "No such service was seen, and the catalogue does not list it", []choice{}
		status := http.StatusNotFound
		if len(found) > 1 {
			v.Title, status = "The name fits several services", http.StatusOK
		}
		for _, a := range found {
			v.Several = append(v.Several, choice{strings.TrimPrefix(link(a), "services/"), a.Service.String() + ": " + string(a.Verdict.State)})
		}
		if len(found) == 0 {
			v.Several = append(v.Several, choice{"../", "All services"})
		}
		render(w, status, "service.html", v)
		return
	}
	p.fill(&v, found[0], base(r))
	render(w, http.StatusOK, "service.html", v)
}

func (p *painter) fill(v *detail, a assess.Assessment, base string) {
	one := p.row(a)
	v.Service = &one
	v.Title = a.Service.Name + " " + may(one.ServiceBudget)
	for _, over := range assess.BurnWindows {
		v.BurnWindows = append(v.BurnWindows, short(over))
	}
	if a.Override != nil {
		v.Override = overridden(*a.Override)
	}
	for i, o := range a.SLOs {
		h := p.history(a, o)
		section := objective{SLO: one.SLOs[i], Allowed: number(o.Spend.MaxBad(slo.MustRatio("0"))), Bar: newBar(o.Spend.Remaining()), Drawn: drawn(o)}
		if section.Drawn {
			incidents := o.Tally.Incidents(o.Spend.Objective)
			section.Plot, section.ByDay, section.Incidents = newPlot(h, incidents), byDay(h), troubles(incidents, o.Spend)
			section.Events = newEvents(h, section.Plot)
		}
		section.Spent, section.Dark = spentTables(a.SpentBy(o), o.Spend.Bad)
		for _, burn := range p.Burns(a, o) {
			section.Burns = append(section.Burns, rate(burn))
		}
		v.Objectives = append(v.Objectives, section)
		if i == 0 {
			v.Excluded = excluded(h)
		}
	}
	v.Queue = newQueue(p.Queue(a.Service))
	name := url.PathEscape(a.Service.Name) + "?" + identity(a)
	v.Curl = "curl -fsS " + quote(base+"/v1/check/"+name)
	v.GateLink, v.BudgetLink = "../v1/gate/"+name, "../v1/budgets/"+name
}

// overridden words a person's decision.
func overridden(o policy.Override) string {
	what := "refused"
	if o.Allow {
		what = "allowed"
	}
	s := fmt.Sprintf("releases are %s by %s until %s: %s", what, o.Actor, minute(o.Until), o.Reason)
	if o.Ticket != "" {
		s += " (" + o.Ticket + ")"
	}
	return s
}

// troubles words incidents, the newest first.
func troubles(incidents []budget.Incident, of budget.Spend) []string {
	var out []string
	for i := len(incidents) - 1; i >= 0 && len(out) < excludedAtMost; i-- {
		n := incidents[i]
		s := fmt.Sprintf("%s: %s bad of %s, %s of the budget", words(budget.Interval{From: n.From, To: n.To}),
			number(n.Counts.Bad), number(n.Counts.Good+n.Counts.Bad), percent(of.Cost(n.Counts.Bad)))
		if n.Ongoing {
			s += ", may go on"
		}
		out = append(out, s)
	}
	return out
}

// excludedAtMost bounds how many exclusions, and how many incidents, are listed, the newest first.
const excludedAtMost = 20

func excluded(h history) []string {
	var out []string
	for i := len(h.Exclusions) - 1; i >= 0 && len(out) < excludedAtMost; i-- {
		e := h.Exclusions[i]
		if e.To > h.Stretches[0].From && e.From <= h.to {
			out = append(out, words(e))
		}
	}
	return out
}

func words(e budget.Interval) string {
	return e.From.Time().Format("2006-01-02 15:04") + " to " + minute(e.To.Time())
}

// given tells an empty value, which means services without one, from none.
func given(query url.Values, name string) *string {
	if !query.Has(name) {
		return nil
	}
	v := query.Get(name)
	return &v
}

// base is the address by which the reader reached the endpoint.
func base(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

// quote writes a word for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
