// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Whatever is asked of whatever endpoint, the answer is one that the document
// names, an error is JSON, and nothing that was counted is lost.
func FuzzRequests(f *testing.F) {
	f.Add("GET", "/v1/gate/", "shop", "namespace=a", "", false)
	f.Add("POST", "/v1/check/", "%2e%2e%2f", "strategy=full", `{"name":"x"}`, false)
	f.Add("HEAD", "/v1/budgets/", "a\x00b", "environment=%ff&namespace", "", false)
	f.Add("POST", "/v1/hooks/kubernetes", "", "", review("UPDATE", deployment("shop", "1"), deployment("shop", "2")), false)
	f.Add("POST", "/v1/hooks/kubernetes", "", "", review("CREATE", `{"spec":{"jobTemplate":{"spec":{}}}}`, `[]`), false)
	f.Add("POST", "/v1/hooks/github", "", "", `{"environment":"e","repository":{"name":"shop","full_name":"o/shop"}}`, true)
	f.Add("GET", "/metrics", "", "x", "", false)
	f.Add("GET", "/services/", "shop", "", "", false)
	f.Add("POST", "/v1/overrides", "", "", overrideBody, false)
	f.Add("DELETE", "/v1/overrides/", "x", "actor=a", "", false)
	f.Add("GET", "/v1/audit", "", "after=1&limit=2", "", false)
	f.Add("GET", "/", "", "q=%00", "", false)
	f.Add("PATCH", "/v1/openapi.json", "", "", "x", false)
	f.Fuzz(func(t *testing.T, method, path, service, query, body string, signed bool) {
		d := newDesk(t)
		d.count(slo.Service{Name: "shop"}, slo.HTTPAvailability, 5, 2)
		r, err := http.NewRequest(method, "http://localhost", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path+service, "/") {
			return
		}
		r.URL.Path, r.URL.RawQuery = path+service, query
		if signed {
			sign(r, "deployment_protection_rule", body)
		}
		w := answer(d, r)
		require.Contains(t, []int{200, 201, 204, 301, 307, 308, 400, 401, 404, 405, 413, 423, 503}, w.Code)
		if w.Code >= 400 && w.Code != 423 && w.Code != 503 {
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
		}
		require.Less(t, w.Body.Len(), 1<<20+8*len(body)+8*len(query), "an answer is not as large as a caller likes")

		after := answer(d, mustGet(t, "/v1/budgets/shop"))
		assert.Equal(t, http.StatusOK, after.Code)
		assert.Contains(t, after.Body.String(), `"good":`+strconv.Itoa(5))
		assert.Contains(t, after.Body.String(), `"bad":`+strconv.Itoa(2))
	})
}

func mustGet(t *testing.T, target string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://localhost"+target, http.NoBody)
	require.NoError(t, err)
	return r
}
