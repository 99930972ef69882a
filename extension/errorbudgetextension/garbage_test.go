// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// garbage is one request that nobody means to send.
type garbage struct {
	what, method, target string
	header               map[string]string
	body                 io.Reader
}

// garbages makes what is wrong with an operation in every way that there is.
func garbages(o operation) []garbage {
	long := strings.Repeat("x", 5000)
	var all []garbage
	for _, query := range []string{"nope=1", "nope", "%zz", "a;b", "=", "&&&", "namespace=%ff%fe", "namespace=" + long, "namespace=a&namespace=b", "%00=%00"} {
		all = append(all, garbage{what: "query " + query[:min(len(query), 30)], target: o.target("shop") + "?" + query})
	}
	for _, name := range o.query {
		for _, value := range []string{"", "-1", "0", "99999999999999999999999", "1e9", "NaN", "x", "\x00", "\xff", "../..", "<script>", "a&" + name + "=b", long} {
			all = append(all, garbage{what: name + "=" + value[:min(len(value), 30)], target: o.target("shop") + "?" + name + "=" + strings.ReplaceAll(url.QueryEscape(value), "%26", "&")})
		}
	}
	if o.target("a") != o.path {
		for _, value := range []string{"%00", "%ff", "..%2f..", "%2e%2e", "a%2Fb", "%F0%9F%98%80", "%20", long, "shop%3Fx", "*"} {
			all = append(all, garbage{what: "path " + value[:min(len(value), 30)], target: o.target(value)})
		}
	}
	bodies := map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a number": "1e999", "half an object": `{"a":`, "two": "{}{}", "no JSON": "<xml/>", "no UTF-8": "\xff\xfe{}",
		"deep": strings.Repeat(`{"a":[`, 20_000), "zeros": strings.Repeat("\x00", 1000), "unknown keys": `{"a":{"b":[1,2,{"c":null}]},"actor":7,"until":"never"}`,
		"larger than anything": `"` + strings.Repeat("x", maxRequestBody) + `"`,
	}
	for name, body := range bodies {
		for _, kind := range []string{"application/json", "text/plain", "multipart/form-data", ""} {
			all = append(all, garbage{what: name + " as " + kind, target: o.target("shop"), body: strings.NewReader(body), header: map[string]string{"Content-Type": kind}})
		}
		all = append(all, garbage{what: name + " of unknown length", target: o.target("shop"), body: io.MultiReader(strings.NewReader(body)), header: map[string]string{"Content-Type": "application/json"}})
	}
	for _, encoding := range []string{"gzip", "zstd", "deflate", "snappy", "lz4", "nonsense", "gzip, gzip"} {
		all = append(all, garbage{what: "no " + encoding, target: o.target("shop"), body: strings.NewReader("{}"), header: map[string]string{"Content-Type": "application/json", "Content-Encoding": encoding}})
	}
	var bomb bytes.Buffer
	w := gzip.NewWriter(&bomb)
	_, _ = w.Write(bytes.Repeat([]byte(" "), 64<<20))
	_ = w.Close()
	all = append(all, garbage{what: "64 MiB in little", target: o.target("shop"), body: &bomb, header: map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip"}})
	for i := range all {
		all[i].method = o.method
	}
	return all
}

// Whatever is sent to whatever request the document describes gets an answer that
// the document names, in the kind of body that it names; an error is JSON with its
// code. Nothing that was counted is lost or counted twice, nobody is let do anything,
// and the collector answers on.
func TestGarbage(t *testing.T) {
	cfg := testConfig(t)
	cfg.GitHub.WebhookSecret = "s"
	d := startDesk(t, cfg)
	d.count(900, 100)
	before := d.eventuallyValid(1000)
	client := &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	base := "http://" + d.server.listener.Addr().String()
	sent := 0
	for _, o := range operations(t) {
		for _, g := range garbages(o) {
			r, err := http.NewRequest(g.method, base+g.target, g.body)
			require.NoError(t, err, g.what)
			for name, value := range g.header {
				r.Header.Set(name, value)
			}
			response, err := client.Do(r)
			if err != nil {
				// A server that has answered need not read on; then the rest cannot be sent.
				require.Contains(t, g.what, "larger than anything", "%s %s: %s", o.method, o.path, err)
				continue
			}
			sent++
			o.holds(t, g.what, response)
		}
	}
	assert.Greater(t, sent, 1000)

	var after budgetapi.Budgets
	require.Equal(t, http.StatusOK, d.get("/v1/budgets", &after))
	require.Len(t, after.Services, 1, "no request makes a service known")
	assert.Equal(t, []uint64{900, 100}, []uint64{after.Services[0].SLOs[0].Good, after.Services[0].SLOs[0].Bad})
	var gate budgetapi.Gate
	require.Equal(t, http.StatusOK, d.get("/v1/gate/shop", &gate))
	assert.Equal(t, []any{before.State, before.Allow}, []any{gate.State, gate.Allow})
	assert.Nil(t, gate.Override)
	var audit budgetapi.Audit
	require.Equal(t, http.StatusOK, d.get("/v1/audit", &audit))
	assert.Empty(t, audit.Records, "nothing was changed")
	d.count(1, 0)
	d.eventuallyValid(1001)
}

// holds holds an answer against what the document says.
func (o operation) holds(t *testing.T, what string, response *http.Response) {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	name := fmt.Sprintf("%s %s, %s: %d %.200s", o.method, o.path, what, response.StatusCode, body)
	if slices.Contains([]int{http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect}, response.StatusCode) {
		assert.Contains(t, what, "path ", name) // to the clean path
		return
	}
	kinds, documented := o.statuses[strconv.Itoa(response.StatusCode)]
	if strings.HasPrefix(what, "path ") && response.StatusCode == http.StatusNotFound && !documented {
		assert.Contains(t, string(body), `"not_found"`, name) // it is no path of the operation
		return
	}
	require.True(t, documented, name)
	kind, _, _ := strings.Cut(response.Header.Get("Content-Type"), ";")
	if len(kinds) > 0 {
		assert.Contains(t, kinds, kind, name)
	}
	if response.StatusCode >= http.StatusBadRequest && slices.Equal(kinds, []string{"application/json"}) && response.StatusCode != http.StatusLocked && response.StatusCode != http.StatusServiceUnavailable {
		var said budgetapi.Error
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&said), name)
		assert.NotEmpty(t, said.Error.Code, name)
		assert.NotEmpty(t, said.Error.Message, name)
	}
}

// A method that a path does not have is 405, and Allow says which it has.
func TestWrongMethods(t *testing.T) {
	cfg := testConfig(t)
	cfg.GitHub.WebhookSecret = "s"
	d := startDesk(t, cfg)
	allowed := map[string][]string{}
	for _, o := range operations(t) {
		allowed[o.path] = append(allowed[o.path], o.method)
		if o.method == http.MethodGet {
			allowed[o.path] = append(allowed[o.path], http.MethodHead)
		}
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, o := range operations(t) {
		require.Contains(t, o.statuses, "405", o.path)
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"} {
			if slices.Contains(allowed[o.path], method) {
				continue
			}
			r, err := http.NewRequest(method, "http://"+d.server.listener.Addr().String()+o.target("shop"), http.NoBody)
			require.NoError(t, err)
			response, err := client.Do(r)
			require.NoError(t, err)
			assert.Equal(t, http.StatusMethodNotAllowed, response.StatusCode, "%s %s", method, o.path)
			assert.ElementsMatch(t, allowed[o.path], strings.Split(response.Header.Get("Allow"), ", "), "%s %s", method, o.path)
			if method != http.MethodHead {
				var said budgetapi.Error
				require.NoError(t, json.NewDecoder(response.Body).Decode(&said))
				assert.Equal(t, "method_not_allowed", said.Error.Code)
			}
			require.NoError(t, response.Body.Close())
		}
	}
}
