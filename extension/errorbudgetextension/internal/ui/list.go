// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/policy"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// list is what the page at / shows.
type list struct {
	Title          string
	AsOf           string
	DurableThrough string
	Now            time.Time
	// Since tells since when services may not release, empty if that is not known.
	Since   string
	Caption string
	Rows    []row
	// More leads to the services that follow, empty if none do.
	More string

	// Filtered tells whether there is a form to choose services by.
	Filtered     bool
	Query, State string
	States       []string
}

// row is one service.
type row struct {
	budgetapi.ServiceBudget
	Link  string
	Worst string
	Bar   *bar
	Spark *plot
	Burns []string
	// Since is when the service was first seen in its state, empty if nobody knows, or
	// if it is well.
	Since string
}

const (
	// rowsAtMost is how many services are shown at once: what is last is well.
	rowsAtMost = 100
	// formFrom is from how many services on there is a form to choose by.
	formFrom = 12
	anyState = "any"
)

// list shows every service, the worst first.
func (p *painter) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := list{
		AsOf: instant(p.Clock()), DurableThrough: instant(p.Ledger().DurableThrough()), Now: p.Clock(),
		Query: query.Get("q"), State: query.Get("state"), States: []string{anyState},
	}
	for _, s := range policy.States() {
		v.States = append(v.States, string(s))
	}
	all := p.Each(assess.Query{})
	stopped := 0
	var since time.Time
	var chosen []assess.Assessment
	for _, a := range all {
		if !a.Verdict.Allow {
			stopped++
			if since.IsZero() || !a.Since.IsZero() && a.Since.Before(since) {
				since = a.Since
			}
		}
		if strings.Contains(a.Service.Name, v.Query) && (v.State == "" || v.State == anyState || v.State == string(a.Verdict.State)) {
			chosen = append(chosen, a)
		}
	}
	v.Title = sentence(stopped, len(all))
	v.Since = sinceWhen(stopped, since)
	v.Filtered = len(all) >= formFrom || len(chosen) < len(all)
	number, _ := strconv.Atoi(query.Get("page"))
	from := min(max(number-1, 0), len(chosen)/rowsAtMost) * rowsAtMost
	to := min(from+rowsAtMost, len(chosen))
	for _, a := range chosen[from:to] {
		v.Rows = append(v.Rows, p.row(a))
	}
	if to < len(chosen) {
		query.Set("page", strconv.Itoa(to/rowsAtMost+1))
		v.More = "?" + query.Encode()
	}
	v.Caption = caption(from, to, len(chosen), len(all))
	render(w, http.StatusOK, "list.html", v)
}

// caption says what the table holds.
func caption(from, to, chosen, all int) string {
	s := "Services, the worst first"
	if chosen < all {
		s = fmt.Sprintf("%d of %d services, the worst first", chosen, all)
	}
	if to-from < chosen {
		s += fmt.Sprintf(": %d to %d", from+1, to)
	}
	return s
}

func (p *painter) row(a assess.Assessment) row {
	r := row{ServiceBudget: a.Budget(), Link: link(a)}
	if !a.Since.IsZero() && a.Verdict.State != policy.Normal {
		r.Since = minute(a.Since)
	}
	worst := a.Worst()
	if worst == nil || worst.Unread {
		return r
	}
	b := newBar(worst.Spend.Remaining())
	r.Bar = &b
	r.Worst = worst.Promise.Name
	if drawn(*worst) {
		spark := newSpark(p.history(a, *worst))
		r.Spark = &spark
	}
	if worst.Spend.Valid() == 0 {
		return r
	}
	for _, burn := range p.Burns(a, *worst) {
		r.Burns = append(r.Burns, short(burn.Over)+": "+rate(burn))
	}
	return r
}

// link leads to a service's own page, from the page of all.
func link(a assess.Assessment) string {
	return "services/" + url.PathEscape(a.Service.Name) + "?" + identity(a)
}

// identity is the query that means a service alone among those of its name.
func identity(a assess.Assessment) string {
	return url.Values{"namespace": {a.Service.Namespace}, "environment": {a.Service.Environment}}.Encode()
}

// sentence is the answer in one line.
func sentence(stopped, all int) string {
	switch {
	case all == 0:
		return "No service was seen yet, and the catalogue lists none"
	case stopped == 0 && all == 1:
		return "The one service may release"
	case stopped == 0:
		return fmt.Sprintf("All %d services may release", all)
	case all == 1:
		return "The one service may not release"
	}
	return fmt.Sprintf("%d of %d services may not release", stopped, all)
}

// sinceWhen says since when the first of the services that may not release is in its
// state.
func sinceWhen(stopped int, first time.Time) string {
	switch {
	case stopped == 0 || first.IsZero():
		return ""
	case stopped == 1:
		return "Since " + minute(first) + "."
	}
	return "The first of them since " + minute(first) + "."
}
