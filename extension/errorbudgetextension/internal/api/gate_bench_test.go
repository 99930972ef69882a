// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// discard is a caller who is not interested.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// One answer of the gate about a service with two objectives whose budgets burn
// slowly, without what the server of HTTP takes.
func BenchmarkGate(b *testing.B) {
	d := newDesk(b)
	d.set.Decided = func(budgetapi.Gate) {}
	handler := NewHandler(d.set)
	shop := slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	d.count(shop, slo.HTTPAvailability, 9_999_000, 1_000)
	d.count(shop, slo.HTTPLatency, 9_990_000, 10_000)
	request := httptest.NewRequest(http.MethodGet, "/v1/gate/shop", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		handler.ServeHTTP(discard{http.Header{}}, request)
	}
}
