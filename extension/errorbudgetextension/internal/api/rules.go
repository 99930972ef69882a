// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bufio"
	"cmp"
	"net/http"
	"slices"

	"github.com/sloe-dev/sloe/internal/rules"
	"github.com/sloe-dev/sloe/internal/slo"
)

// rulesBuffer is how much of the rules is made before the first of it is sent: an
// option that is wrong is known by then.
const rulesBuffer = 64 << 10

// rules answers /v1/rules: the rules for Prometheus of the catalogue in force, as
// sloectl rules makes them. They are sent service by service, as those of a large
// catalogue would take more memory than the counts.
func (h *handler) rules(w http.ResponseWriter, r *http.Request) {
	q, values, err := readQuery(r, "service", "profile", "source", "format", "burn")
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, err.Error())
		return
	}
	out := bufio.NewWriterSize(w, rulesBuffer)
	file, err := rules.NewWriter(out, cmp.Or(values.Get("format"), rules.Prometheus))
	if err != nil {
		writeError(w, http.StatusBadRequest, codeBadRequest, "parameter "+err.Error())
		return
	}
	o := rules.Options{Profile: values.Get("profile"), Source: values.Get("source"), Burn: values.Get("burn")}
	if err := rules.Each(nil, o, nil); err != nil { // the options are checked first
		writeError(w, http.StatusBadRequest, codeBadRequest, "parameter "+err.Error())
		return
	}
	wanted := func(s slo.Service) bool {
		return (!values.Has("service") || s.Name == values.Get("service")) &&
			(q.Namespace == nil || *q.Namespace == s.Namespace) && (q.Environment == nil || *q.Environment == s.Environment)
	}
	entries := h.Assessor.Catalogue().Entries()
	if values.Has("service") && !slices.ContainsFunc(entries, func(e slo.Entry) bool { return wanted(e.Service) }) {
		writeError(w, http.StatusNotFound, codeNotFound, "the catalogue does not list that service: rules are made of what it lists")
		return
	}
	w.Header().Set("Content-Type", "application/yaml")
	w.Header().Set("Cache-Control", "no-store")
	err = rules.Each(entries, o, func(f rules.File, _ []string) error {
		if f.Groups == nil || !wanted(f.Service) {
			return r.Context().Err()
		}
		return cmp.Or(r.Context().Err(), file.Add(f))
	})
	if err == nil && file.Close() == nil {
		_ = out.Flush() // a caller that left needs no rules
	}
}
