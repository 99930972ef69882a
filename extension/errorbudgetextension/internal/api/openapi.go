// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// openAPI answers /v1/openapi.json.
func openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(budgetapi.OpenAPI())
}
