// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// operation is one request that the OpenAPI document describes. Tests that are
// made of the document cannot forget a route.
type operation struct {
	method, path string
	// statuses are those that the document names, with the kinds of their bodies.
	statuses map[string][]string
	query    []string
	takes    bool // whether it takes a body
}

// operations reads the document, in order.
func operations(t *testing.T) []operation {
	t.Helper()
	type parameter struct{ Ref, Name, In string }
	type response struct {
		Ref     string                     `json:"$ref"`
		Content map[string]json.RawMessage `json:"content"`
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Ref      string `json:"$ref"`
				Name, In string
			}
			Responses   map[string]response
			RequestBody json.RawMessage
		}
		Components struct {
			Parameters map[string]parameter
			Responses  map[string]response
		}
	}
	require.NoError(t, json.Unmarshal(budgetapi.OpenAPI(), &doc))
	var all []operation
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(doc.Paths[path])) {
			described := doc.Paths[path][method]
			o := operation{method: strings.ToUpper(method), path: path, statuses: map[string][]string{}, takes: described.RequestBody != nil}
			for status, r := range described.Responses {
				if name, ok := strings.CutPrefix(r.Ref, "#/components/responses/"); ok {
					r = doc.Components.Responses[name]
				}
				o.statuses[status] = slices.Sorted(maps.Keys(r.Content))
			}
			for _, p := range described.Parameters {
				if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
					p.Name, p.In = doc.Components.Parameters[name].Name, doc.Components.Parameters[name].In
				}
				if p.In == "query" {
					o.query = append(o.query, p.Name)
				}
			}
			all = append(all, o)
		}
	}
	require.NotEmpty(t, all)
	return all
}

// target is the operation's path with a value for what it leaves open.
func (o operation) target(value string) string {
	for _, name := range []string{"{service}", "{id}"} {
		o.path = strings.ReplaceAll(o.path, name, value)
	}
	return o.path
}
