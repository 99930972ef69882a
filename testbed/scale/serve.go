// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension"
	"github.com/sloe-dev/sloe/internal/slo"
)

// serving is a process with the extension and what feeds it. It is asked through
// its standard input and answers in lines of JSON.
type serving struct {
	fleet
	Directory string
	Address   string
	Profile   string // a directory, empty for none
}

// order is a line of standard input.
type order struct {
	Do      string        // run, memory, allocations, durations, handled or stop
	For     time.Duration // how long to run
	Ticks   int           // how many were added before
	Profile bool
}

// answer is a line of standard output, to any order.
type answer struct {
	Error string

	// Of run.
	Adds     int
	AddNS    float64 // CPU time of one
	Ticks    []slo.Minute
	CPU      float64 // seconds of the process while it ran, all in
	FeedCPU  float64 // of them those of the feeding goroutines
	GCCycles uint32

	// Of memory, in bytes.
	Heap, Base uint64

	Allocations float64

	// Of durations, in seconds.
	Commits, Evaluations spread
	Own                  float64 // what the collector's own metrics took

	// Of handled.
	Handled handled
}

// spread is what is known of some durations.
type spread struct {
	N         uint64
	Mean, Max float64
}

func (s serving) serve(in io.Reader, out io.Writer) error {
	keys := make([]slo.Key, s.series())
	for i := range keys {
		keys[i] = s.key(i)
	}
	base := heap()
	reader := metric.NewManualReader()
	telemetry := componenttest.NewTelemetry(componenttest.WithMetricOptions(metric.WithReader(reader), metric.WithView(handlerView)))
	e, err := s.startProfiled(telemetry)
	if err != nil {
		return err
	}
	f := &feeder{fleet: s.fleet, keys: keys, to: e.(slo.Recorder)}
	answers := json.NewEncoder(out)
	if err := answers.Encode(answer{}); err != nil {
		return err
	}
	orders := bufio.NewScanner(in)
	for orders.Scan() {
		var o order
		if err := json.Unmarshal(orders.Bytes(), &o); err != nil {
			return err
		}
		if o.Do == "stop" {
			return e.Shutdown(context.Background())
		}
		a, err := s.obey(o, f, reader)
		a.Base = base
		if err != nil {
			a.Error = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
	return orders.Err()
}

func (s serving) obey(o order, f *feeder, reader *metric.ManualReader) (a answer, err error) {
	switch o.Do {
	case "run":
		if s.Profile == "" {
			return f.run(o.For, o.Ticks), nil
		}
		return s.profiled(func() answer { return f.run(o.For, o.Ticks) })
	case "memory":
		a.Heap = heap()
		if s.Profile != "" {
			err = s.heapProfile()
		}
		return a, err
	case "allocations":
		a.Allocations = f.allocations()
		return a, nil
	case "durations":
		return a, a.durations(reader)
	case "handled":
		a.Handled, err = readHandled(reader)
		return a, err
	}
	return a, fmt.Errorf("there is no order %q", o.Do)
}

// start makes the extension as a collector does.
func (s serving) start(telemetry *componenttest.Telemetry) (extension.Extension, error) {
	set := extension.Settings{ID: component.NewID(component.MustNewType("error_budget")), TelemetrySettings: telemetry.NewTelemetrySettings()}
	set.TracerProvider = noop.NewTracerProvider() // the other keeps every span
	logs := zap.NewProductionConfig()
	logs.OutputPaths = []string{s.Directory + "/log"}
	logs.Sampling = nil // each decision is a line
	var err error
	if set.Logger, err = logs.Build(); err != nil {
		return nil, err
	}
	cfg := errorbudgetextension.NewFactory().CreateDefaultConfig().(*errorbudgetextension.Config)
	cfg.HTTP.NetAddr.Endpoint = s.Address
	cfg.Catalogue = []string{s.Directory + "/catalogue.yaml"}
	cfg.StorageDirectory = s.Directory + "/store"
	cfg.Alerts.Profile = "google-30d"
	e, err := errorbudgetextension.NewFactory().Create(context.Background(), set, cfg)
	if err != nil {
		return nil, err
	}
	return e, e.Start(context.Background(), componenttest.NewNopHost())
}

// startProfiled is start with a profile of it, if any are asked for.
func (s serving) startProfiled(telemetry *componenttest.Telemetry) (extension.Extension, error) {
	if s.Profile == "" {
		return s.start(telemetry)
	}
	f, err := os.Create(s.Profile + "/start.pprof")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	e, err := s.start(telemetry)
	pprof.StopCPUProfile()
	return e, errors.Join(err, f.Close())
}

func (s serving) profiled(run func() answer) (answer, error) {
	f, err := os.Create(s.Profile + "/cpu.pprof")
	if err != nil {
		return answer{}, err
	}
	runtime.SetMutexProfileFraction(10)
	if err := pprof.StartCPUProfile(f); err != nil {
		return answer{}, err
	}
	a := run()
	pprof.StopCPUProfile()
	runtime.SetMutexProfileFraction(0)
	mutex, err := os.Create(s.Profile + "/mutex.pprof")
	if err != nil {
		return a, err
	}
	return a, errors.Join(pprof.Lookup("mutex").WriteTo(mutex, 0), mutex.Close(), f.Close())
}

func (s serving) heapProfile() error {
	f, err := os.Create(s.Profile + "/heap.pprof")
	if err != nil {
		return err
	}
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}

// heap returns what is in use, after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// durations reads what the extension measures of itself.
func (a *answer) durations(reader *metric.ManualReader) error {
	var all metricdata.ResourceMetrics
	began := time.Now()
	if err := reader.Collect(context.Background(), &all); err != nil {
		return err
	}
	a.Own = time.Since(began).Seconds()
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			h, ok := m.Data.(metricdata.Histogram[float64])
			if !ok || len(h.DataPoints) == 0 {
				continue
			}
			p := h.DataPoints[0]
			most, _ := p.Max.Value()
			found := spread{N: p.Count, Mean: p.Sum / float64(p.Count), Max: most}
			switch m.Name {
			case "otelcol_extension_error_budget_commit_duration":
				a.Commits = found
			case "otelcol_extension_error_budget_evaluation_duration":
				a.Evaluations = found
			}
		}
	}
	return nil
}

// freeAddress returns one of the loopback that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
