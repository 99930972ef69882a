// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
)

// What is damaged at the start is in the log, the status and a metric, and the
// answers go on from what is sound.
func TestDamageIsSaid(t *testing.T) {
	cfg := testConfig(t)
	first := startDesk(t, cfg)
	first.count(9_990, 10)
	first.eventuallyValid(10_000)
	require.NoError(t, first.Shutdown(context.Background()))
	path := filepath.Join(cfg.StorageDirectory, store.FileName)
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	copy(raw, make([]byte, 100))
	require.NoError(t, os.WriteFile(path, raw, 0o600))

	d := startDesk(t, cfg)
	assert.Equal(t, componentstatus.StatusRecoverableError, d.host.last())
	said := d.logs.FilterMessageSnippet("The store was damaged").All()
	require.Len(t, said, 1)
	assert.FileExists(t, said[0].ContextMap()["set_aside"].(string))
	metadatatest.AssertEqualExtensionErrorBudgetStorageDamages(t, d.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.Bool("lost", true)), Value: 1},
	}, metricdatatest.IgnoreTimestamp())
	d.count(5, 0)
	d.eventuallyValid(5)
}

// storageHost has a file_storage among its extensions.
type storageHost struct {
	host
	extensions map[component.ID]component.Component
}

func (h *storageHost) GetExtensions() map[component.ID]component.Component { return h.extensions }

var (
	storageID = component.MustNewID("file_storage")
	otherID   = component.MustNewID("other")
)

func newStorageHost(t *testing.T, directory string) *storageHost {
	t.Helper()
	factory := filestorage.NewFactory()
	set := factory.CreateDefaultConfig().(*filestorage.Config)
	set.Directory = directory
	e, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), set)
	require.NoError(t, err)
	require.NoError(t, e.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.Background())) })
	h := &storageHost{host: host{Host: componenttest.NewNopHost()}, extensions: map[component.ID]component.Component{storageID: e}}
	h.extensions[otherID] = &budgetExtension{}
	return h
}

func TestStorageExtensionKeepsCounts(t *testing.T) {
	h := newStorageHost(t, t.TempDir())
	cfg := testConfig(t)
	cfg.Storage, cfg.StorageDirectory = &storageID, ""
	for _, valid := range []uint64{10, 20, 30} {
		telemetry := componenttest.NewTelemetry()
		e, err := NewFactory().Create(context.Background(), metadatatest.NewSettings(telemetry), cfg)
		require.NoError(t, err)
		d := &desk{t: t, budgetExtension: e.(*budgetExtension), host: &h.host, telemetry: telemetry}
		assert.Equal(t, []component.ID{storageID}, d.Dependencies())
		require.NoError(t, d.Start(context.Background(), h))
		d.count(9, 1)
		d.eventuallyValid(valid)
		assert.Equal(t, http.StatusServiceUnavailable, d.override(time.Now().Add(time.Hour)), "there is nowhere to write it down")
		d.close()
	}
	assert.Empty(t, (&budgetExtension{cfg: testConfig(t)}).Dependencies())
}

func TestStorageExtensionRefused(t *testing.T) {
	h := newStorageHost(t, t.TempDir())
	missing := component.MustNewID("missing")
	for want, id := range map[string]component.ID{"must be one of the extensions": missing, "must be a storage extension": otherID} {
		cfg := testConfig(t)
		cfg.Storage = &id
		e, err := NewFactory().Create(context.Background(), metadatatest.NewSettings(componenttest.NewTelemetry()), cfg)
		require.NoError(t, err)
		err = e.Start(context.Background(), h)
		require.ErrorContains(t, err, "`storage`")
		assert.ErrorContains(t, err, want)
		require.NoError(t, e.Shutdown(context.Background()))
	}
}
