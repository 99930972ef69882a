// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"context"
	"fmt"
	"html/template"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browse runs Chromium once, headless.
func browse(t *testing.T, args ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("short: needs chromium")
	}
	program, err := exec.LookPath("chromium")
	require.NoError(t, err, "install chromium: make test-packages")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--hide-scrollbars", "--user-data-dir=" + t.TempDir(),
	}, args...)...)
	out, err := cmd.Output()
	require.NoError(t, err, string(out))
	return string(out)
}

// stage serves the pages of a fleet without their policy, so that a test may
// look into them from a page of its own: /frames shows a page in frames of
// several widths, and says in its title what is wider than its frame.
func stage(t *testing.T) string {
	t.Helper()
	pages := NewHandler(playFleet(t))
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		pages.ServeHTTP(w, r)
	})
	mux.HandleFunc("/frames", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!DOCTYPE html><title>waits</title><body style="margin:0">`)
		for width := range strings.SplitSeq(r.FormValue("widths"), ",") {
			fmt.Fprintf(w, `<iframe style="border:0;display:block" width="%s" height="2400" src="%s"></iframe>`, width, template.HTMLEscapeString(r.FormValue("page")))
		}
		fmt.Fprint(w, `<script>onload = () => {
			const wide = [];
			for (const f of document.querySelectorAll("iframe")) {
				const d = f.contentDocument;
				if (!d.querySelector("main h1")) wide.push(f.width + ": nothing");
				if (d.documentElement.scrollWidth > f.width) wide.push(f.width + ": page");
				for (const e of d.querySelectorAll("main *")) {
					const b = e.getBoundingClientRect();
					if (b.right > +f.width + 1 && !e.closest("thead, details, .wide")) wide.push(f.width + ": " + e.outerHTML.slice(0, 60));
				}
			}
			document.title = wide.length ? wide.slice(0, 3).join("; ") : "fits";
		}</script>`)
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux.ServeHTTP(withoutPolicy{w}, r) }))
	t.Cleanup(server.Close)
	return server.URL
}

// withoutPolicy drops the policy before the head is sent.
type withoutPolicy struct{ http.ResponseWriter }

func (w withoutPolicy) WriteHeader(status int) {
	w.Header().Del("Content-Security-Policy")
	w.ResponseWriter.WriteHeader(status)
}

var pagesOfFleet = map[string]string{"list": "/", "service": "/services/payment-api"}

// Nothing is squeezed out of the view, from a small phone to a large window.
func TestNothingIsCutOff(t *testing.T) {
	base := stage(t)
	for name, page := range pagesOfFleet {
		dom := browse(t, "--dump-dom", "--virtual-time-budget=3000", "--window-size=1700,1200",
			base+"/frames?widths=320,390,600,870,1000,1600&page="+url.QueryEscape(page))
		_, rest, _ := strings.Cut(dom, "<title>")
		title, _, _ := strings.Cut(rest, "</title>")
		assert.Equal(t, "fits", title, name)
	}
}

// Pictures of a phone and of a small window, light and dark, for a person to look
// at: SLOE_SCREENSHOTS names a directory to keep them in. The ground is that of
// the theme.
func TestScreenshots(t *testing.T) {
	base := stage(t)
	dir := os.Getenv("SLOE_SCREENSHOTS")
	if dir == "" {
		dir = t.TempDir()
	}
	for name, page := range pagesOfFleet {
		for theme, setting := range map[string]string{"light": "1", "dark": "0"} {
			for size, target := range map[string][2]string{
				"1000": {"1000,1400", base + page}, "390": {"500,2400", base + "/frames?widths=390&page=" + url.QueryEscape(page)},
			} {
				file := filepath.Join(dir, name+"-"+size+"-"+theme+".png")
				browse(t, "--blink-settings=preferredColorScheme="+setting, "--window-size="+target[0], "--screenshot="+file, target[1])
				f, err := os.Open(file)
				require.NoError(t, err)
				picture, err := png.Decode(f)
				require.NoError(t, err)
				require.NoError(t, f.Close())
				red, _, _, _ := picture.At(1, 1).RGBA()
				assert.Equal(t, theme == "dark", red>>8 < 0x80, file)
			}
		}
	}
}

// Where scripts run the page fetches itself anew, which shows that its policy
// lets its own script run. All that other tests read is there without it.
func TestItsOwnScriptRuns(t *testing.T) {
	var fetched atomic.Int64
	pages := NewHandler(playFleet(t))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fetched.Add(1)
		pages.ServeHTTP(w, r)
	}))
	defer server.Close()
	dom := browse(t, "--dump-dom", "--virtual-time-budget=40000", server.URL+"/")
	assert.Contains(t, dom, "3 of 8 services may not release</h1>")
	assert.GreaterOrEqual(t, fetched.Load(), int64(3))
}
