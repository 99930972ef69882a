// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/receiver/receivertest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadatatest"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// kernel stands in for the kernel's side of verdicts.
type kernel struct {
	running    map[record.Process]string // executables
	verdicts   map[record.Process]capture.Verdict
	masks      func(uint16) uint64
	generation uint32
	err        error
}

func (k *kernel) Knows(p record.Process) bool { return k.running[p] != "" }

func (k *kernel) SetVerdict(p record.Process, v capture.Verdict) error {
	if k.err != nil {
		delete(k.verdicts, p)
		return k.err
	}
	k.verdicts[p] = v
	return nil
}

func (k *kernel) SetPortMasks(mask func(uint16) uint64) error { k.masks = mask; return nil }

func (k *kernel) SetFilterGeneration(g uint32) error { k.generation = g; return nil }

func (k *kernel) identity(p record.Process) (*bpf.SocketProcessIdentity, bool) {
	raw := &bpf.SocketProcessIdentity{}
	for i, c := range []byte(k.running[p]) {
		raw.Executable[i] = int8(c)
	}
	return raw, k.running[p] != ""
}

var (
	shop    = record.Process{Tgid: 1 << 30, Start: 1}
	billing = record.Process{Tgid: 1<<30 + 1, Start: 1}
	nobody  = record.Process{Tgid: 1<<30 + 2, Start: 1} // of which nothing is known
)

func newTestReceiver(t *testing.T) (*ebpfReceiver, *kernel, *componenttest.Telemetry, *consumertest.TracesSink) {
	tel := componenttest.NewTelemetry()
	t.Cleanup(func() { assert.NoError(t, tel.Shutdown(context.WithoutCancel(t.Context()))) })
	set := receivertest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = tel.NewTelemetrySettings()
	r, err := newReceiver(set, createDefaultConfig().(*Config))
	require.NoError(t, err)
	sink := &consumertest.TracesSink{}
	r.traces, r.clock = sink, &capture.Clock{}
	k := &kernel{running: map[record.Process]string{shop: "shop", billing: "billing"}, verdicts: map[record.Process]capture.Verdict{}}
	layout, _ := histograms.NewLayout(defaultThresholds, capture.MaxEdges)
	r.prepare(k.identity, layout)
	r.watch = newWatch(k, r.processes, r.telemetry, zap.NewNop())
	return r, k, tel, sink
}

func attributes(pairs ...string) attribute.Set {
	var all []attribute.KeyValue
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, attribute.String(pairs[i], pairs[i+1]))
	}
	return attribute.NewSet(all...)
}

func use(t *testing.T, r *ebpfReceiver, l filter.Lists) int {
	gone, err := r.watch.apply(&l)
	require.NoError(t, err)
	return len(gone)
}

func executable(name string) []filter.Entry { return []filter.Entry{{Executable: []string{name}}} }

func sampleFrom(p record.Process) []byte {
	return sampleOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", func(r *bpf.SocketExchangeRecord) { r.Process = p })
}

// TestExcludedRecords: nothing of a process that is left out comes out, and it is
// counted; the kernel is told once.
func TestExcludedRecords(t *testing.T) {
	r, k, tel, sink := newTestReceiver(t)
	use(t, r, filter.Lists{Exclude: executable("billing")})
	for range 3 {
		for _, p := range []record.Process{shop, billing, nobody} {
			r.onSample(sampleFrom(p))
		}
	}
	r.sendSpans()
	require.Equal(t, 3, sink.SpanCount())
	name, _ := sink.AllTraces()[0].ResourceSpans().At(0).Resource().Attributes().Get("process.executable.name")
	assert.Equal(t, "shop", name.Str())
	assert.Equal(t, map[record.Process]capture.Verdict{shop: {Include: filter.AnyPort}, billing: {Include: filter.AnyPort, Exclude: filter.AnyPort}}, k.verdicts,
		"none of a process that the kernel does not know")
	metadatatest.AssertEqualReceiverEbpfExchangesExcluded(t, tel, []metricdata.DataPoint[int64]{
		{Value: 3, Attributes: attributes("reason", "list", "way", "delivered")}, {Value: 3, Attributes: attributes("reason", "unknown_process", "way", "delivered")},
	}, metricdatatest.IgnoreTimestamp())

	assert.Equal(t, 1, use(t, r, filter.Lists{Include: executable("billing")}), "shop is left out from now on")
	assert.EqualValues(t, 2, k.generation)
	r.onSample(sampleFrom(billing))
	r.onSample(sampleFrom(shop))
	r.sendSpans()
	assert.Equal(t, 4, sink.SpanCount())

	r.watch.forget(billing)
	delete(k.running, billing)
	assert.Equal(t, 0, use(t, r, filter.Lists{}))
	assert.Equal(t, capture.Verdict{Include: filter.AnyPort, Exclude: 0}, k.verdicts[shop])
	for _, p := range []record.Process{shop, nobody} {
		assert.True(t, r.watch.wants(p, r.processes.Get(p), 80), "no list, nothing left out")
	}
}

// TestPortsOfRecords: a server is told by its own port, a client by the other
// side's.
func TestPortsOfRecords(t *testing.T) {
	r, k, _, sink := newTestReceiver(t)
	use(t, r, filter.Lists{Include: []filter.Entry{{Port: []string{"8080"}}}})
	for _, role := range []uint8{record.RoleServer, record.RoleClient} {
		for _, local := range []uint16{8080, 40000} {
			r.onSample(sampleOf("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", func(x *bpf.SocketExchangeRecord) {
				x.Process, x.Role, x.LocalPort, x.RemotePort = shop, role, local, 48080-local
			}))
		}
	}
	r.sendSpans()
	require.Equal(t, 2, sink.SpanCount())
	require.NotNil(t, k.masks)
	assert.True(t, filter.Wants(k.verdicts[shop], k.masks(8080)))
	assert.False(t, filter.Wants(k.verdicts[shop], k.masks(40000)))
}

// TestAggregatesOfProcesses: what spilled before the kernel knew a verdict is
// decided by process and port; what it spilled by a verdict is wanted unless the
// process is left out now.
func TestAggregatesOfProcesses(t *testing.T) {
	r, _, _, _ := newTestReceiver(t)
	use(t, r, filter.Lists{Include: []filter.Entry{{Executable: []string{"shop"}, Port: []string{"80"}}}})
	tests := map[capture.AggregateKey]bool{
		{Process: shop, Undecided: 1, Port: 80}:    true,
		{Process: shop, Undecided: 1, Port: 81}:    false,
		{Process: shop}:                            true,
		{Process: billing}:                         false,
		{Process: billing, Undecided: 1, Port: 80}: false,
		{Process: nobody, Undecided: 1, Port: 80}:  false,
		{}:             true, // the map was full; they were wanted
		{Undecided: 1}: false,
	}
	for key, want := range tests {
		assert.Equal(t, want, r.watch.wantsAggregate(&key, r.processes.Get(key.Process)), "%+v", key)
	}
	var none *watch
	assert.True(t, none.wantsAggregate(&capture.AggregateKey{Undecided: 1}, nil))
	assert.True(t, none.wants(shop, nil, 1))
}

// TestVerdictsThatTheKernelRefuses: the receiver decides then.
func TestVerdictsThatTheKernelRefuses(t *testing.T) {
	r, k, _, sink := newTestReceiver(t)
	k.err = errors.New("no room")
	use(t, r, filter.Lists{Exclude: executable("billing")})
	r.onSample(sampleFrom(billing))
	r.onSample(sampleFrom(shop))
	r.sendSpans()
	assert.Equal(t, 1, sink.SpanCount())
	assert.Empty(t, k.verdicts)
}

// TestFollowLists: a changed file is put in force, a broken one is reported once
// and leaves the last good one.
func TestFollowLists(t *testing.T) {
	r, k, tel, sink := newTestReceiver(t)
	path := filepath.Join(t.TempDir(), "processes.yaml")
	write := func(s string) { require.NoError(t, os.WriteFile(path, []byte(s), 0o644)) }
	write("exclude: [{executable: shop}]")
	r.cfg.Processes.File = path
	r.lists = &filter.File{Path: path}
	lists, _, err := r.lists.Read()
	require.NoError(t, err)
	use(t, r, *lists)
	host := componenttest.NewNopHost()
	r.followLists(host)
	assert.EqualValues(t, 1, k.generation, "nothing changed")

	write("exclude: [{executable: billing}]")
	r.followLists(host)
	assert.EqualValues(t, 2, k.generation)
	write("exclude: [{exe: shop}]")
	for range 3 {
		r.followLists(host)
	}
	r.onSample(sampleFrom(billing))
	r.onSample(sampleFrom(shop))
	r.sendSpans()
	assert.Equal(t, 1, sink.SpanCount())
	metadatatest.AssertEqualReceiverEbpfListReloads(t, tel, []metricdata.DataPoint[int64]{
		{Value: 1, Attributes: attributes("result", "done")}, {Value: 1, Attributes: attributes("result", "failed")},
	}, metricdatatest.IgnoreTimestamp())
	assert.True(t, r.listsBroken)
	write("")
	r.followLists(host)
	assert.False(t, r.listsBroken)
}
