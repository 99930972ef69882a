// SPDX-License-Identifier: Apache-2.0

package nginxbed_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/testbed/workload/load"
	"github.com/sloe-dev/sloe/testbed/workload/nginxbed"
)

func TestLogCountsEachRequestOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("starts nginx, which make test installs")
	}
	nginx := nginxbed.Start(t, nginxbed.Options{
		Name:      "nginxbed-test", // so that no other test takes its requests for its own
		Locations: map[string]int{"/ok": 200, "/bad": 503, "/gone": 410},
		Files:     map[string]int{"/files/large.bin": 300_000},
		Workers:   2,
	})
	result, err := load.Run(t.Context(), load.Plan{Address: nginx.Address, Connections: 20, Steps: []load.Step{
		{Target: "/ok", Count: 2000},
		{Target: "/bad", Count: 150},
		{Target: "/gone?why=1", Count: 10},
		{Target: "/files/large.bin", Count: 5},
		{Target: "/nowhere", Count: 3},
	}})
	require.NoError(t, err)
	require.Zero(t, result.Failed, result.FirstError)
	assert.Equal(t, uint64(20), result.Connections)

	counts := nginx.WaitCounts(t, 2168)
	assert.Equal(t, nginxbed.Counts{
		"/ok":              {200: 2000},
		"/bad":             {503: 150},
		"/gone":            {410: 10},
		"/files/large.bin": {200: 5},
		"/nowhere":         {404: 3},
	}, counts)
	assert.Equal(t, uint64(150), counts.Total(500, 599))

	nginx.Finish(t)
	entries, err := nginx.Log()
	require.NoError(t, err)
	assert.Len(t, entries, 2168, "ending the server adds nothing")
}
