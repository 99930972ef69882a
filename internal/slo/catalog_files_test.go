// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// folder is a directory of catalogue files.
type folder struct {
	t    *testing.T
	path string
}

func newFolder(t *testing.T, files map[string]string) folder {
	f := folder{t, t.TempDir()}
	for name, text := range files {
		f.put(name, text)
	}
	return f
}

func (f folder) put(name, text string) string {
	f.t.Helper()
	path := filepath.Join(f.path, name)
	require.NoError(f.t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(f.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestCatalogueOfADirectory(t *testing.T) {
	f := newFolder(t, map[string]string{
		"10-shop.yaml":     "services: [{name: shop, tier: gold}]",
		"20-tiers.yml":     "tiers: {gold: {availability: 0.9999}}",
		"30-more.yaml":     "services: [{name: a}]\n---\nservices: [{name: b}]\n---\n",
		".hidden.yaml":     "services: 7",
		"notes.txt":        "services: 7",
		"old/removed.yaml": "services: 7",
	})
	beside := newFolder(t, map[string]string{"c.yaml": "services: [{name: c}]"})
	c, err := LoadCatalogue(f.path, filepath.Join(beside.path, "c.yaml"), filepath.Join(f.path, "20-tiers.yml"))
	require.NoError(t, err)
	var names []string
	for _, e := range c.Entries() {
		names = append(names, e.Service.Name)
	}
	assert.Equal(t, []string{"shop", "a", "b", "c"}, names, "every document of every file, by name")
	assert.Equal(t, MustRatio("0.9999"), c.Lookup(Service{Name: "shop"}).Availability, "a tier may stand in another file")
}

// A mounted ConfigMap's files are links into a hidden directory that is swapped
// as a whole.
func TestCatalogueOfAConfigMap(t *testing.T) {
	f := newFolder(t, map[string]string{"..1/a.yaml": "services: [{name: a, tier: tier1}]", "..2/a.yaml": "services: [{name: a, tier: tier2}]"})
	require.NoError(t, os.Symlink("..1", filepath.Join(f.path, "..data")))
	require.NoError(t, os.Symlink("..data/a.yaml", filepath.Join(f.path, "a.yaml")))
	c, err := OpenCatalogueFile(f.path)
	require.NoError(t, err)
	require.Equal(t, "tier1", c.Lookup(Service{Name: "a"}).Tier)
	require.NoError(t, os.Symlink("..2", filepath.Join(f.path, "..tmp")))
	require.NoError(t, os.Rename(filepath.Join(f.path, "..tmp"), filepath.Join(f.path, "..data")))
	_, err = c.Refresh()
	require.NoError(t, err)
	changed, err := c.Refresh()
	require.NoError(t, err)
	assert.True(t, changed)
	assert.Equal(t, "tier2", c.Lookup(Service{Name: "a"}).Tier)
}

func TestMistakesAcrossFiles(t *testing.T) {
	f := newFolder(t, map[string]string{
		"a.yaml": "tiers: {gold: {window: 7d}}\nservices:\n  - {name: a, namespace: n}\n  - {name: b}",
		"b.yaml": "services:\n  - {name: a, namespace: n}\n  - {name: a}\ntiers:\n  gold: {window: 28d}\n  tier1: {window: 28d}",
		"c.yaml": "services: []\n---\nservices: [{nam: b}]",
		"d.yaml": "services:\n  - {name: x\n",
	})
	in := func(name string) string { return filepath.Join(f.path, name) }
	_, err := LoadCatalogue(f.path)
	for _, want := range []string{
		in("b.yaml") + ":2: services[0] names n/a again, which " + in("a.yaml") + ":3 has: a service is listed once",
		in("b.yaml") + ":5: tiers.gold is given again, which " + in("a.yaml") + ":1 has: a tier is given once",
		in("c.yaml") + ":3: unknown key services[0].nam",
		in("c.yaml") + ":3: services[0].name must be the service.name",
		in("d.yaml") + ":", "no YAML: did not find expected",
	} {
		assert.ErrorContains(t, err, want)
	}
	assert.Len(t, Mistakes(fmt.Errorf("wrapped: %w", err)), 5)
	assert.Equal(t, in("d.yaml"), Mistakes(err)[0].File)
	assert.NotContains(t, err.Error(), "tier1", "a built-in tier may be given once")

	_, err = LoadCatalogue(t.TempDir())
	assert.ErrorContains(t, err, "holds no .yaml file")
	assert.Empty(t, Mistakes(err))
}

func TestCatalogueFollowsADirectory(t *testing.T) {
	f := newFolder(t, map[string]string{"a.yaml": "services: [{name: a, tier: tier1}]"})
	c, err := OpenCatalogueFile(f.path)
	require.NoError(t, err)
	settle := func() (bool, error) {
		changed, _ := c.Refresh()
		require.False(t, changed, "a change that may not be complete is not loaded")
		return c.Refresh()
	}

	b := f.put("b.yaml", "services: [{name: b, tier: tier1}]")
	changed, err := settle()
	require.NoError(t, err)
	assert.True(t, changed, "a file came")
	assert.True(t, c.Lookup(Service{Name: "b"}).Listed)

	bad := f.put("c.yaml", "services:\n  - {name: a}")
	changed, err = settle()
	assert.False(t, changed)
	assert.ErrorContains(t, err, bad+":2: services[0] names a again")
	assert.Len(t, c.Snapshot().Entries(), 2, "the last good files stay in force, all of them")
	require.NoError(t, os.Remove(bad))
	changed, err = settle()
	require.NoError(t, err, "mended by going back to what is in force")
	assert.True(t, changed)

	require.NoError(t, os.Remove(b))
	changed, err = settle()
	require.NoError(t, err)
	assert.True(t, changed, "a file went")
	assert.False(t, c.Lookup(Service{Name: "b"}).Listed)
	assert.True(t, c.Lookup(Service{Name: "a"}).Listed)
}
