// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCatalogueFileFollowsItsFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	put := func(text string) { require.NoError(t, os.WriteFile(path, []byte(text), 0o600)) }
	tier := func(c Catalogue) string { return c.Lookup(Service{Name: "a"}).Tier }
	// settle looks twice, as a change has to be seen the same twice.
	settle := func(c *CatalogueFile) (bool, error) {
		changed, _ := c.Refresh()
		require.False(t, changed, "a change that may not be complete is not loaded")
		return c.Refresh()
	}

	put("services: [{name: a, tier: tier1}]")
	c, err := OpenCatalogueFile(path)
	require.NoError(t, err)
	require.Equal(t, "tier1", tier(c))
	require.EqualValues(t, 1, c.Generation())
	changed, err := c.Refresh()
	require.NoError(t, err)
	assert.False(t, changed)

	put("services: [{name: a, tier: tier2}, {name: b}]")
	earlier := c.Lookup(Service{Name: "a"})
	changed, err = settle(c)
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, "tier2", tier(c))
	assert.Equal(t, "tier1", earlier.Tier, "an earlier answer does not change")
	assert.EqualValues(t, 2, c.Generation())
	assert.Len(t, c.Snapshot().Entries(), 2)

	for _, broken := range []string{"services: [{nam: a}]", ""} {
		put(broken)
		_, err = settle(c)
		require.Error(t, err)
		changed, again := c.Refresh()
		assert.False(t, changed)
		assert.Equal(t, err, again, "it is still wrong")
		assert.Equal(t, "tier2", tier(c), "the last good one stays in force")
	}

	require.NoError(t, os.Remove(path))
	_, err = c.Refresh()
	assert.ErrorIs(t, err, os.ErrNotExist)
	put("services: [{name: a, tier: tier1}]")
	_, err = settle(c)
	require.NoError(t, err)
	assert.Equal(t, "tier1", tier(c))
	assert.EqualValues(t, 3, c.Generation())
	assert.Contains(t, c.Thresholds(), 200*time.Millisecond)
}

func TestOpenCatalogueFile(t *testing.T) {
	c, err := OpenCatalogueFile()
	require.NoError(t, err)
	changed, err := c.Refresh()
	require.NoError(t, err)
	assert.False(t, changed)
	assert.False(t, c.Lookup(Service{Name: "a"}).Listed)

	_, err = OpenCatalogueFile("")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenCatalogueFile(filepath.Join(t.TempDir(), "none"))
	assert.ErrorIs(t, err, os.ErrNotExist)
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("services: 1"), 0o600))
	_, err = OpenCatalogueFile(bad)
	assert.ErrorContains(t, err, "bad.yaml:1: services must be a list")
	large := filepath.Join(t.TempDir(), "large.yaml")
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, maxCatalogueBytes+1))
	_, err = LoadCatalogue(large)
	assert.ErrorContains(t, err, "at most")
}
