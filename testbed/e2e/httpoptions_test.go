// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// TestHTTPOptions: routes, headers, the client behind a proxy and the sizes of bodies are
// told if they are asked for, of HTTP/1 and HTTP/2 alike; and each request is in the
// histograms once, by its route.
func TestHTTPOptions(t *testing.T) {
	const each = 20
	for name, client := range map[string]func(*testing.T) *http.Client{"HTTP/1": http1Client, "HTTP/2": http2Client} {
		t.Run(name, func(t *testing.T) {
			b := startBed(t, bedOptions{ebpf: `{ring_buffer: 67108864, http: {routes: {from: heuristic, patterns: ["/status/{code}"]}, request_headers: [X-Request-ID, Authorization], ` +
				`response_headers: [Content-Length], client_address: forwarded, body_sizes: true}}`})
			service := serviceName("web")
			server := startGoServer(t, service)
			c := client(t)
			ask := func(path string, status int) {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+server.Address+path, strings.NewReader("hello"))
				require.NoError(t, err)
				request.Header.Set("X-Request-ID", "r"+path)
				request.Header.Set("Authorization", "Bearer hunter2")
				request.Header.Set("X-Forwarded-For", "203.0.113.7, 10.0.0.1")
				response, err := c.Do(request)
				require.NoError(t, err)
				_, err = io.Copy(io.Discard, response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				require.Equal(t, status, response.StatusCode)
			}
			for i := range each {
				ask("/ok", 200)
				ask(fmt.Sprintf("/status/%d", 200+i%3), 200+i%3)
				ask(fmt.Sprintf("/nowhere/%d", i), 404)
			}
			b.waitBudget(t, service, "http_availability", 3*each, patience)
			_ = b.settledCounts(t)
			b.Terminate(t)
			assert.Equal(t, map[string]uint64{"/ok": each, "/status/{code}": each, "": each},
				sumBy(b.lastPoints(t, service)[semconv.HTTPServerRequestDuration], semconv.HTTPRoute))
			names, addresses := map[string]int{}, map[string]int{}
			for s := range b.spansOf(t, service) {
				attributes := s.Attributes().AsRaw()
				names[s.Name()]++
				addresses[str(s.Attributes(), semconv.ClientAddress)]++
				assert.Equal(t, []any{"r" + str(s.Attributes(), semconv.URLPath)}, attributes[semconv.HTTPRequestHeader+"x-request-id"])
				assert.Equal(t, []any{"REDACTED"}, attributes[semconv.HTTPRequestHeader+"authorization"])
				assert.EqualValues(t, 5, attributes[semconv.HTTPRequestBodySize])
				assert.Equal(t, []any{fmt.Sprint(attributes[semconv.HTTPResponseBodySize])}, attributes[semconv.HTTPResponseHeader+"content-length"])
			}
			assert.Equal(t, map[string]int{"POST /ok": each, "POST /status/{code}": each, "POST": each}, names)
			assert.Equal(t, map[string]int{"203.0.113.7": 3 * each}, addresses)
		})
	}
}
