// SPDX-License-Identifier: Apache-2.0

package httproute

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func routeOf(r *Router, path string) string { return string(r.AppendRoute(nil, path)) }

func TestLooks(t *testing.T) {
	r, err := New(nil, true)
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/":                     "/",
		"/cart":                 "/cart",
		"/cart/":                "/cart/",
		"/api/v1/users":         "/api/v1/users",
		"/api/v12/users/17":     "/api/v12/users/{id}",
		"/api/v1.2/users":       "/api/v1.2/users",
		"/oauth2/token":         "/oauth2/token",
		"/k8s/pods":             "/k8s/pods",
		"/7":                    "/{id}",
		"/users/17/orders/0042": "/users/{id}/orders/{id}",
		"/o/550e8400-e29b-41d4-a716-446655440000": "/o/{id}",
		"/o/deadbeef00":                                "/o/{id}",
		"/u/ann@example.org":                           "/u/{id}",
		"/u/J%C3%BCrgen":                               "/u/{id}",
		"/w/dQwWgXcQkLmNoPq":                           "/w/{id}",
		"/listOpenOrders":                              "/listOpenOrders",
		"/static/app.3f9a2c.js":                        "/static/{id}",
		"/favicon.ico":                                 "/favicon.ico",
		"/v1/things:cancel":                            "/v1/things:cancel",
		"/" + strings.Repeat("x", maxWord):             "/" + strings.Repeat("x", maxWord),
		"/" + strings.Repeat("x", maxWord+1):           "/{id}",
		"/a/b/c/d/e/f/g/h":                             "/a/b/c/d/e/f/g/h",
		"/a/b/c/d/e/f/g/h/i":                           "/a/b/c/d/e/f/g/h/*",
		"/" + strings.Repeat("../", 20) + "etc/passwd": "/../../../../../../../../*",
		"*": "",
		"":  "",
	} {
		assert.Equal(t, want, routeOf(r, path), path)
	}
	assert.Empty(t, routeOf(nil, "/cart"))
}

func TestPatterns(t *testing.T) {
	patterns := []string{"/users/me", "/users/{user}", "/users/{user}/orders/{order}", "/files/*", "/", "/exact/"}
	for path, want := range map[string]string{
		"/users/me":          "/users/me",
		"/users/17":          "/users/{user}",
		"/users/":            "",
		"/users":             "",
		"/users/17/orders":   "",
		"/users/17/orders/4": "/users/{user}/orders/{order}",
		"/files/a/b.txt":     "/files/*",
		"/files/":            "/files/*",
		"/files":             "",
		"/":                  "/",
		"/exact/":            "/exact/",
		"/exact":             "",
		"/other":             "",
	} {
		r, err := New(patterns, false)
		require.NoError(t, err)
		assert.Equal(t, want, routeOf(r, path), path)
	}
	r, err := New(patterns, true)
	require.NoError(t, err)
	assert.Equal(t, "/other/{id}", routeOf(r, "/other/17"), "what no pattern fits")
}

func TestWrongPatterns(t *testing.T) {
	for text, want := range map[string]string{
		"users":      "does not begin with /",
		"":           "does not begin with /",
		"/a?b":       "has a query or a fragment: a route is of a path alone",
		"/a/*/b":     "goes on behind *, which stands for all the rest",
		"/a/x{id}":   `"x{id}" is not a literal, {name} or, as the last, *`,
		"/a/{}":      `"{}" is not a literal, {name} or, as the last, *`,
		"/a/{b*}":    `"{b*}" is not a literal, {name} or, as the last, *`,
		"/files/a*":  `"a*" is not a literal, {name} or, as the last, *`,
		"/{a}/{b/c}": `"{b" is not a literal, {name} or, as the last, *`,
	} {
		_, err := New([]string{"/", text}, true)
		require.ErrorContains(t, err, want, text)
		var wrong *PatternError
		require.ErrorAs(t, err, &wrong)
		assert.Equal(t, 1, wrong.Index)
	}
}

// FuzzRoute: a route is of bounded depth, is its own route, and no pattern of one kind
// fits more than the other says.
func FuzzRoute(f *testing.F) {
	f.Add("/users/17/orders/0042")
	f.Add("/a/b/c/d/e/f/g/h/i")
	r, err := New(nil, true)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path string) {
		route := routeOf(r, path)
		require.LessOrEqual(t, strings.Count(route, "/"), maxSegments+1)
		require.LessOrEqual(t, len(route), (maxSegments+1)*(maxWord+1))
		if route == "" || strings.Contains(route, "*") {
			return
		}
		again, err := New([]string{route}, false)
		require.NoError(t, err)
		for segment := range strings.SplitSeq(path[1:], "/") {
			if segment == "" {
				return // which {name} does not stand for
			}
		}
		require.Equal(t, route, routeOf(again, path))
	})
}

func BenchmarkRoute(b *testing.B) {
	r, err := New([]string{"/users/{user}", "/files/*"}, true)
	require.NoError(b, err)
	buffer := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		buffer = r.AppendRoute(buffer[:0], "/api/v1/orders/0042/items")
	}
}
