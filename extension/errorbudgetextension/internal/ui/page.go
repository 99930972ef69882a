// SPDX-License-Identifier: Apache-2.0

// Package ui renders the pages that a person looks at before a release. They
// need no network, no script and no file beside the program; a small script
// keeps the numbers fresh where scripts run.
package ui // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/ui"

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"
)

//go:embed *.html
var files embed.FS

//go:embed style.css
var style template.CSS

//go:embed refresh.js
var script template.JS

var pages = template.Must(template.New("").Funcs(template.FuncMap{
	"percent": percent,
	"lower":   strings.ToLower,
	"why":     why,
	"brief":   brief,
	"number":  number,
	"may":     may,
	"next":    next,
	"burning": burning,
	"minute":  minute,
	"style":   func() template.CSS { return style },
	"script":  func() template.JS { return script },
}).ParseFS(files, "*.html"))

// contentPolicy forbids the pages to load or run anything but their own style and
// their own script.
var contentPolicy = func() string {
	hash := sha256.Sum256([]byte(script))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
}()

// NewHandler returns the handler of / and of /services/{service}.
func NewHandler(assessor *assess.Assessor) http.Handler {
	p := &painter{assessor}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", p.list)
	mux.HandleFunc("/services/{service}", p.service)
	return mux
}

// painter renders pages.
type painter struct {
	*assess.Assessor
}

// render sends a page, whole before the first byte is sent.
func render(w http.ResponseWriter, status int, name string, view any) {
	var body bytes.Buffer
	if err := pages.ExecuteTemplate(&body, name, view); err != nil {
		http.Error(w, "the page cannot be rendered", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", contentPolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // a reader that left needs no page
}
