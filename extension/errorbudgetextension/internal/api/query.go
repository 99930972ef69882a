// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
)

// maxName bounds names in a request, in bytes: far above what a resource
// attribute holds, far below what would make an answer large.
const maxName = 1024

// readQuery reads which services a request is about. It refuses parameters that
// the endpoint does not have: a misspelt filter must not widen the answer.
func readQuery(r *http.Request, also ...string) (assess.Query, url.Values, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return assess.Query{}, nil, fmt.Errorf("the query cannot be read: %w", err)
	}
	allowed := append([]string{"namespace", "environment"}, also...)
	for name, given := range values {
		switch {
		case !slices.Contains(allowed, name):
			return assess.Query{}, nil, fmt.Errorf("unknown parameter %q: allowed are %s", name, strings.Join(allowed, ", "))
		case len(given) > 1:
			return assess.Query{}, nil, fmt.Errorf("parameter %q is given %d times: once is allowed", name, len(given))
		case len(given[0]) > maxName:
			return assess.Query{}, nil, fmt.Errorf("parameter %q is longer than %d bytes", name, maxName)
		}
	}
	q := assess.Query{Name: r.PathValue("service"), Namespace: optional(values, "namespace"), Environment: optional(values, "environment")}
	if len(q.Name) > maxName {
		return assess.Query{}, nil, fmt.Errorf("the name of the service is longer than %d bytes", maxName)
	}
	return q, values, nil
}

// optional tells an empty value, which means services without one, from none.
func optional(values url.Values, name string) *string {
	if !values.Has(name) {
		return nil
	}
	v := values.Get(name)
	return &v
}
