// SPDX-License-Identifier: Apache-2.0

// Package ui renders the page that a person looks at before a release. It needs
// no network, no script and no file beside the program.
package ui // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/ui"

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
	"github.com/sloe-dev/sloe/internal/budgetapi"
)

//go:embed page.html
var files embed.FS

var page = template.Must(template.New("page.html").Funcs(template.FuncMap{
	"percent": percent,
	"lower":   strings.ToLower,
	"why":     why,
	"number":  number,
}).ParseFS(files, "page.html"))

// contentPolicy forbids the page to load or run anything but its own style.
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// view is what the template shows.
type view struct {
	Sentence       string
	AsOf           string
	DurableThrough string
	Services       []budgetapi.ServiceBudget
}

// NewHandler returns the handler of the page.
func NewHandler(assessor *assess.Assessor) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		v := view{AsOf: instant(assessor.Clock()), DurableThrough: instant(assessor.Ledger().DurableThrough())}
		stopped := 0
		for _, a := range assessor.Each(assess.Query{}) {
			if !a.Verdict.Allow {
				stopped++
			}
			v.Services = append(v.Services, a.Budget())
		}
		v.Sentence = sentence(stopped, len(v.Services))
		var body bytes.Buffer // whole before the first byte is sent
		if err := page.Execute(&body, v); err != nil {
			http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", contentPolicy)
		_, _ = w.Write(body.Bytes()) // a reader that left needs no page
	})
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
