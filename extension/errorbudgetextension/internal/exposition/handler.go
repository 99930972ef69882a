// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
)

// NewHandler returns the handler of /metrics. With sloth, the series that Sloth
// records are there as well, as dashboards for Sloth read them.
func NewHandler(assessor *assess.Assessor, sloth bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType)
		var to io.Writer = w
		if takesGzip(r.Header.Get("Accept-Encoding")) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Header().Add("Vary", "Accept-Encoding")
			packed, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			defer func() { _ = packed.Close() }() // whoever asked has left: nobody to tell
			to = packed
		}
		write(to, assessor, sloth)
	})
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(accepted string) bool {
	for coding := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			w := strings.ReplaceAll(strings.TrimSpace(weight), " ", "")
			return !strings.HasPrefix(w, "q=0") || strings.Trim(w[len("q=0"):], ".0") != ""
		}
	}
	return false
}

// write asks the assessor at each scrape; nothing is kept.
func write(to io.Writer, assessor *assess.Assessor, sloth bool) {
	t := &text{to: to}
	all := gather(assessor)
	families := native()
	if sloth {
		families = append(families, slothFamilies()...)
	}
	for _, f := range families {
		t.family(f.name, f.help)
		if f.one != nil {
			t.sample(f.name, nil, "", f.one(assessor))
		}
		for i := range all.services {
			if f.service != nil {
				f.service(t, f.name, &all.services[i])
			}
		}
		for i := range all.objectives {
			if f.objective != nil {
				f.objective(t, f.name, &all.objectives[i])
			}
		}
	}
	t.flush()
}
