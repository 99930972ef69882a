// SPDX-License-Identifier: Apache-2.0

package budgetapi

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"strings"
	"sync"
)

//go:embed openapi
var openAPIFiles embed.FS

// OpenAPI returns the OpenAPI 3.1 document of the budget endpoint as JSON. It is
// made of openapi/document.json, of the paths in the other files beside it, and
// of the JSON Schemas. The caller must not change it.
func OpenAPI() []byte { return openAPI() }

var openAPI = sync.OnceValue(func() []byte {
	document, err := assemble()
	if err != nil {
		panic(err) // files that are part of the program; a test reads them
	}
	return document
})

func assemble() ([]byte, error) {
	document, err := readJSON(openAPIFiles, "openapi/document.json")
	if err != nil {
		return nil, err
	}
	paths, schemas := map[string]any{}, map[string]any{}
	document["paths"] = paths
	document["components"].(map[string]any)["schemas"] = schemas
	files, err := fs.Glob(openAPIFiles, "openapi/paths_*.json")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		some, err := readJSON(openAPIFiles, file)
		if err != nil {
			return nil, err
		}
		maps.Copy(paths, some)
	}
	if files, err = fs.Glob(Schemas, "schema/*.schema.json"); err != nil {
		return nil, err
	}
	for _, file := range files {
		schema, err := readJSON(Schemas, file)
		if err != nil {
			return nil, err
		}
		name := strings.TrimSuffix(path.Base(file), ".schema.json")
		delete(schema, "$schema")
		delete(schema, "$id")
		relocate(schema, name)
		schemas[name] = schema
	}
	return json.MarshalIndent(document, "", "  ")
}

func readJSON(files embed.FS, file string) (map[string]any, error) {
	data, err := files.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return out, nil
}

// relocate rewrites the references of a schema to where schemas are in the
// document: "#/$defs/slo" and "gate.json#/properties/reasons".
func relocate(node any, name string) {
	switch n := node.(type) {
	case map[string]any:
		for key, value := range n {
			ref, isText := value.(string)
			if key != "$ref" || !isText {
				relocate(value, name)
				continue
			}
			file, fragment, _ := strings.Cut(ref, "#")
			n[key] = "#/components/schemas/" + cmp.Or(strings.TrimSuffix(file, ".json"), name) + fragment
		}
	case []any:
		for _, value := range n {
			relocate(value, name)
		}
	}
}
