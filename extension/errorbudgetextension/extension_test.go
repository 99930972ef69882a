// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/keeper"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadatatest"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/store"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

var (
	shop   = slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	shopOK = slo.Key{Service: shop, SLI: slo.HTTPAvailability}
	writer = slo.Writer{Instance: "collector-1", StartUnixNano: 1}
)

// host keeps the statuses that a component reports.
type host struct {
	component.Host
	mu     sync.Mutex
	events []*componentstatus.Event
}

func (h *host) Report(e *componentstatus.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *host) last() componentstatus.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.events) == 0 {
		return componentstatus.StatusNone
	}
	return h.events[len(h.events)-1].Status()
}

// desk is a running extension.
type desk struct {
	*budgetExtension
	t         *testing.T
	host      *host
	logs      *observer.ObservedLogs
	telemetry *componenttest.Telemetry
}

func testConfig(t *testing.T) *Config {
	cfg := createDefaultConfig().(*Config)
	cfg.HTTP.NetAddr.Endpoint = "localhost:0"
	cfg.StorageDirectory = t.TempDir()
	cfg.CommitInterval = minCommitInterval
	cfg.ReloadInterval = minReloadInterval
	return cfg
}

func startDesk(t *testing.T, cfg *Config) *desk { return startDeskAs(t, cfg, writer.Instance) }

// startDeskAs starts it in a collector of a service.instance.id.
func startDeskAs(t *testing.T, cfg *Config, instance string) *desk {
	t.Helper()
	core, logs := observer.New(zap.InfoLevel)
	d := &desk{t: t, host: &host{Host: componenttest.NewNopHost()}, logs: logs, telemetry: componenttest.NewTelemetry()}
	set := metadatatest.NewSettings(d.telemetry)
	set.Logger = zap.New(core)
	set.Resource.Attributes().PutStr("service.instance.id", instance)
	e, err := NewFactory().Create(context.Background(), set, cfg)
	require.NoError(t, err)
	d.budgetExtension = e.(*budgetExtension)
	require.NoError(t, d.Start(context.Background(), d.host))
	t.Cleanup(d.close)
	return d
}

func (d *desk) close() {
	require.NoError(d.t, d.Shutdown(context.Background()))
	require.NoError(d.t, d.telemetry.Shutdown(context.Background()))
}

func (d *desk) get(path string, into any) int {
	d.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + d.server.listener.Addr().String() + path)
	require.NoError(d.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(d.t, err)
	require.NoError(d.t, json.Unmarshal(body, into), string(body))
	return response.StatusCode
}

// count goes the way of the sli connector, through the Recorder on the host.
func (d *desk) count(good, bad uint64) {
	var found component.Component = d.budgetExtension
	recorder, ok := found.(slo.Recorder)
	require.True(d.t, ok)
	now := slo.MinuteOf(time.Now())
	recorder.Heartbeat(now, writer)
	recorder.Add(shopOK, now, good, bad, "d", writer)
}

func (d *desk) eventuallyValid(valid uint64) budgetapi.Gate {
	d.t.Helper()
	require.Eventually(d.t, func() bool {
		var b budgetapi.Budgets
		return d.get("/v1/budgets/shop", &b) == http.StatusOK && len(b.Services[0].SLOs) == 1 && b.Services[0].SLOs[0].Valid == valid
	}, 10*time.Second, 5*time.Millisecond)
	var g budgetapi.Gate
	require.Equal(d.t, http.StatusOK, d.get("/v1/gate/shop", &g))
	return g
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

func TestFromTheRecorderToTheGate(t *testing.T) {
	cfg := testConfig(t)
	catalogue := filepath.Join(t.TempDir(), "catalogue.yaml")
	cfg.Catalogue = []string{catalogue}
	write(t, catalogue, "services: [{name: shop, tier: tier1}]")
	d := startDesk(t, cfg)
	d.count(9_997_500, 2_500)
	g := d.eventuallyValid(10_000_000)
	assert.Equal(t, "NORMAL", g.State)
	assert.Equal(t, 0.5, g.Budget.Remaining)
	d.count(0, 1)
	d.count(0, 1_499)
	g = d.eventuallyValid(10_001_500)
	assert.Equal(t, "CANARY", g.State)

	decisions := d.logs.FilterMessage("decision").All()
	require.Len(t, decisions, 2)
	assert.Equal(t, g.DecisionID, decisions[1].ContextMap()["decision_id"])
	assert.Equal(t, "CANARY", decisions[1].ContextMap()["state"])

	d.Open(shop, slo.MinuteOf(time.Now()), 4, writer)
	var b budgetapi.Budgets
	d.get("/v1/budgets", &b)
	assert.EqualValues(t, 4, b.Services[0].OpenRequests)
	assert.Contains(t, d.Thresholds(), 200*time.Millisecond)
	assert.Equal(t, "tier1", d.Lookup(shop).Tier)
}

func TestRestartKeepsWhatWasServed(t *testing.T) {
	cfg := testConfig(t)
	d := startDesk(t, cfg)
	d.count(90, 10)
	before := d.eventuallyValid(100)
	d.count(1, 0) // pending at the shutdown
	require.NoError(t, d.Shutdown(context.Background()))
	again := startDesk(t, cfg)
	after := again.eventuallyValid(101)
	assert.Equal(t, before.State, after.State)
}

// A collector has another service.instance.id after each start, unless it is
// configured. What it counted before is measured by it all the same; what
// another collector counted is not.
func TestRestartUnderAnotherInstance(t *testing.T) {
	cfg := testConfig(t)
	now := slo.MinuteOf(time.Now())
	other := slo.Key{Service: slo.Service{Name: "remote"}, SLI: slo.HTTPAvailability}
	d := startDeskAs(t, cfg, "first run")
	d.Add(shopOK, now, 0, 0, "d", slo.Writer{Instance: "first run"})
	d.Add(other, now, 0, 0, "d", slo.Writer{Instance: "remote agent"})
	require.NoError(t, d.Shutdown(context.Background()))

	again := startDeskAs(t, cfg, "second run")
	again.Heartbeat(now, slo.Writer{Instance: "second run"})
	var g budgetapi.Gate
	require.Eventually(t, func() bool {
		return again.get("/v1/gate/shop", &g) == http.StatusOK && g.State == "NORMAL"
	}, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, "IDLE", g.Reasons[0].Code)
	again.get("/v1/gate/remote", &g)
	assert.Equal(t, "UNKNOWN", g.State)
	assert.Equal(t, "NOT_MEASURED", g.Reasons[0].Code)
}

func TestCatalogueIsReloaded(t *testing.T) {
	cfg := testConfig(t)
	catalogue := filepath.Join(t.TempDir(), "catalogue.yaml")
	cfg.Catalogue = []string{catalogue}
	write(t, catalogue, "services: [{name: shop, tier: tier1}]")
	d := startDesk(t, cfg)
	d.count(999, 1)
	assert.Equal(t, "FREEZE", d.eventuallyValid(1000).State)

	write(t, catalogue, "services: [{name: shop, tier: tier9}]")
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusRecoverableError }, 10*time.Second, 5*time.Millisecond)
	assert.Equal(t, "FREEZE", d.eventuallyValid(1000).State, "the last good catalogue stays in force")
	said := d.logs.FilterMessageSnippet("the last good one stays in force").All()
	require.Len(t, said, 1, "it is said once")
	assert.Contains(t, said[0].ContextMap()["error"], "catalogue.yaml:1: services[0].tier must be one of tier1, tier2, tier3")

	write(t, catalogue, "services: [{name: shop, slo: {availability: 0.99, window: 7d}}]")
	require.Eventually(t, func() bool { return d.host.last() == componentstatus.StatusOK }, 10*time.Second, 5*time.Millisecond)
	require.Eventually(t, func() bool { return d.eventuallyValid(1000).Budget.Window == "7d" }, 10*time.Second, 5*time.Millisecond,
		"the counts are read anew for the changed window")
	assert.Equal(t, "NORMAL", d.eventuallyValid(1000).State)
	assert.EqualValues(t, 2, d.Generation())
}

func TestAFailedCommitIsVisible(t *testing.T) {
	d := startDesk(t, testConfig(t))
	d.count(10, 0)
	d.eventuallyValid(10)
	d.committed(errors.New("no space left"))
	assert.Equal(t, componentstatus.StatusRecoverableError, d.host.last())
	d.committed(errors.New("no space left"))
	assert.Len(t, d.host.events, 1, "it is reported once")
	d.committed(nil)
	assert.Equal(t, componentstatus.StatusOK, d.host.last())
	failures := d.logs.FilterMessageSnippet("cannot be made durable").Len()
	assert.Equal(t, 1, failures)
}

func TestStartRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "services: [{name: a, tier: none}, {nam: b}]")
	held := startDesk(t, testConfig(t))
	for _, tt := range []struct {
		name   string
		change func(cfg *Config)
		want   []string
	}{
		{"no catalogue", func(cfg *Config) { cfg.Catalogue = []string{file + "-missing"} }, []string{"`catalogue`", "no such file"}},
		{"a bad catalogue", func(cfg *Config) { cfg.Catalogue = []string{file} }, []string{"`catalogue`", ":1: services[0].tier", "unknown key services[1].nam"}},
		{"no directory", func(cfg *Config) { cfg.StorageDirectory = filepath.Join(file, "below") }, []string{"`storage_directory`", "not a directory"}},
		{"a directory in use", func(cfg *Config) { cfg.StorageDirectory = held.cfg.StorageDirectory }, []string{"`storage_directory`", "another process"}},
		{"an address in use", func(cfg *Config) { cfg.HTTP.NetAddr.Endpoint = held.server.listener.Addr().String() }, []string{"`http::endpoint`", "in use"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := testConfig(t)
			tt.change(cfg)
			telemetry := componenttest.NewTelemetry()
			e, err := NewFactory().Create(context.Background(), metadatatest.NewSettings(telemetry), cfg)
			require.NoError(t, err)
			err = e.Start(context.Background(), componenttest.NewNopHost())
			for _, want := range tt.want {
				assert.ErrorContains(t, err, want)
			}
			assert.NoError(t, e.Shutdown(context.Background()), "as the collector does after a failed start")
			require.NoError(t, telemetry.Shutdown(context.Background()))
		})
	}
}

func TestTelemetry(t *testing.T) {
	d := startDesk(t, testConfig(t))
	d.count(9_990, 10)
	d.Add(shopOK, slo.MinuteOf(time.Now())-121, 3, 0, "d", writer)
	d.eventuallyValid(10_000)
	id := attribute.NewSet(attribute.String("service.name", "shop"), attribute.String("service.namespace", "retail"),
		attribute.String("deployment.environment.name", "prod"), attribute.String("sli.name", slo.HTTPAvailability))
	opts := []metricdatatest.Option{metricdatatest.IgnoreTimestamp()}
	metadatatest.AssertEqualExtensionErrorBudgetRemaining(t, d.telemetry, []metricdata.DataPoint[float64]{{Attributes: id, Value: 0.8}}, opts...)
	state, _ := id.Filter(func(kv attribute.KeyValue) bool { return kv.Key != "sli.name" })
	state = attribute.NewSet(append(state.ToSlice(), attribute.String("state", "NORMAL"))...)
	metadatatest.AssertEqualExtensionErrorBudgetState(t, d.telemetry, []metricdata.DataPoint[int64]{{Attributes: state, Value: 1}}, opts...)
	metadatatest.AssertEqualExtensionErrorBudgetDecisions(t, d.telemetry, []metricdata.DataPoint[int64]{
		{Attributes: attribute.NewSet(attribute.String("state", "NORMAL")), Value: 1},
	}, opts...)
	var refused []metricdata.DataPoint[int64]
	for reason, n := range map[string]int64{"late": 3, "future": 0, "implausible": 0, "too_many_series": 0, "late_heartbeat": 0, "too_many_services": 0} {
		refused = append(refused, metricdata.DataPoint[int64]{Attributes: attribute.NewSet(attribute.String("reason", reason)), Value: n})
	}
	metadatatest.AssertEqualExtensionErrorBudgetRefusedEvents(t, d.telemetry, refused, opts...)
	metadatatest.AssertEqualExtensionErrorBudgetUnarchivedReads(t, d.telemetry, []metricdata.DataPoint[int64]{{Value: 0}}, opts...)
	commits, err := d.telemetry.GetMetric("otelcol_extension_error_budget_commits")
	require.NoError(t, err)
	points := commits.Data.(metricdata.Sum[int64]).DataPoints
	require.Len(t, points, 1)
	assert.Positive(t, points[0].Value)
	assert.Equal(t, attribute.NewSet(attribute.String("outcome", "success")), points[0].Attributes)
}

// A store that cannot be read is said by a counter, over a change of windows too.
func TestUnarchivedReadsAreCounted(t *testing.T) {
	telemetry := componenttest.NewTelemetry()
	defer func() { require.NoError(t, telemetry.Shutdown(context.Background())) }()
	e, err := newExtension(metadatatest.NewSettings(telemetry), testConfig(t))
	require.NoError(t, err)
	e.keeper = keeper.New(keeper.Settings{
		Store: brokenStore{}, Clock: time.Now, Window: func(slo.Service) time.Duration { return 30 * 24 * time.Hour },
		Interval: time.Hour, Committed: func(error) {},
	})
	require.NoError(t, e.keeper.Start(context.Background()))
	defer func() { require.NoError(t, e.keeper.Shutdown(context.Background())) }()
	require.NoError(t, e.telemetry.RegisterExtensionErrorBudgetUnarchivedReadsCallback(e.observeUnarchived))
	e.keeper.Ledger().Closed(shop, slo.HTTPAvailability, slo.MinuteOf(time.Now()), []time.Duration{80 * 24 * time.Hour}, make([]budget.Counts, 1))
	require.NoError(t, e.keeper.Rebuild(context.Background()))
	got, err := telemetry.GetMetric("otelcol_extension_error_budget_unarchived_reads")
	require.NoError(t, err)
	assert.Positive(t, got.Data.(metricdata.Sum[int64]).DataPoints[0].Value)
}

// brokenStore says that something was counted forty days ago, and not what.
type brokenStore struct{}

func (brokenStore) Load(_ context.Context, r store.Sink) error {
	from := slo.MinuteOf(time.Now()) - 40*24*60
	r.Strip(budget.Strip{
		Series: budget.SeriesID{Key: shopOK, Definition: "d"}, First: from, Last: from, From: from, Counts: []budget.Counts{{Good: 1}},
	})
	return nil
}

func (brokenStore) LastBatch() uint64                                   { return 0 }
func (brokenStore) Commit(context.Context, uint64, *budget.Batch) error { return nil }
func (brokenStore) Fold(context.Context) error                          { return nil }
func (brokenStore) Retain(context.Context, slo.Minute) error            { return nil }

func (brokenStore) Minutes(budget.SeriesID, slo.Minute, slo.Minute, func(slo.Minute, budget.Counts)) error {
	return errors.New("the disk is gone")
}
