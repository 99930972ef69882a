// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTruncatedResponses: a response that its server breaks off is a failure, however
// well it began, and one that ends with its connection is none.
func TestTruncatedResponses(t *testing.T) {
	live(t)
	const each = 25
	name := serviceName("truncated")
	b := startBed(t, bedOptions{})
	server := startGoServer(t, name)
	for _, target := range []string{
		"/part?bytes=20000", "/part?bytes=100", "/part?bytes=100&chunked=1", // broken off
		// the end of a large chunk is a write of its own, of two bytes that end a body too: it cannot be told
		"/part?bytes=20000&chunked=1",
		"/part?bytes=20000&whole=1", "/part?bytes=20000&chunked=1&whole=1", "/part?bytes=100&whole=1", "/part?bytes=100&chunked=1&whole=1",
	} {
		for range each {
			c := dial(t, server.Address)
			c.write(t, request(target))
			_, err := io.Copy(io.Discard, c)
			require.NoError(t, err)
			require.NoError(t, c.Close())
		}
	}
	assert.EqualValues(t, 8*each, server.Counts(t).Total(200, 200), "the server's own word")
	got := b.waitBudget(t, name, "http_availability", 8*each, 20*time.Second)
	assert.EqualValues(t, 3*each, got.Bad)
	assert.Zero(t, objective(b.budgets(t)[name], "http_latency").Bad, "they were fast")
	b.Terminate(t)
	y := b.tallies(t)[name]
	require.NotNil(t, y)
	assert.EqualValues(t, 3*each, y.Spans["server truncated"])
	assert.EqualValues(t, 5*each, y.Spans["server 2xx"])
	assert.EqualValues(t, 3*each, y.Histogram["http.server.request.duration failed"])
	assert.EqualValues(t, 5*each, y.Histogram["http.server.request.duration fine"])
}
