// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/processor/processortest"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/sloe-dev/sloe/connector/sliconnector"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver"
)

// startSloe starts the components of an agent as they are, in this process: the
// receiver with its defaults, service_name and sli, with spans or without. It
// returns what stops them.
func startSloe(withSpans bool) (func() error, error) {
	ctx := context.Background()
	sli, name, ebpf := sliconnector.NewFactory(), servicenameprocessor.NewFactory(), ebpfreceiver.NewFactory()
	sliConfig, nameConfig, ebpfConfig := sli.CreateDefaultConfig(), name.CreateDefaultConfig(), ebpf.CreateDefaultConfig()
	sliSet, nameSet, ebpfSet := connectortest.NewNopSettings(sli.Type()), processortest.NewNopSettings(name.Type()), receivertest.NewNopSettings(ebpf.Type())
	sink := consumertest.NewNop()

	var started []component.Component // in the order of their start: from the end of the way to its begin
	stop := func() error {
		var errs []error
		for i := len(started) - 1; i >= 0; i-- {
			errs = append(errs, started[i].Shutdown(ctx))
		}
		return errors.Join(errs...)
	}
	start := func(c component.Component, err error) error {
		if err == nil {
			err = c.Start(ctx, componenttest.NewNopHost())
		}
		if err != nil {
			return errors.Join(fmt.Errorf("starting Sloe: %w", err), stop())
		}
		started = append(started, c)
		return nil
	}

	countMetrics, err := sli.CreateMetricsToMetrics(ctx, sliSet, sliConfig, sink)
	if err := start(countMetrics, err); err != nil {
		return nil, err
	}
	nameMetrics, err := name.CreateMetrics(ctx, nameSet, nameConfig, countMetrics.(consumer.Metrics))
	if err := start(nameMetrics, err); err != nil {
		return nil, err
	}
	metrics, err := ebpf.CreateMetrics(ctx, ebpfSet, ebpfConfig, nameMetrics)
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	if withSpans {
		countTraces, err := sli.CreateTracesToMetrics(ctx, sliSet, sliConfig, sink)
		if err := start(countTraces, err); err != nil {
			return nil, err
		}
		nameTraces, err := name.CreateTraces(ctx, nameSet, nameConfig, countTraces.(consumer.Traces))
		if err := start(nameTraces, err); err != nil {
			return nil, err
		}
		// the two receivers of a configuration are one: both are made before it starts
		traces, err := ebpf.CreateTraces(ctx, ebpfSet, ebpfConfig, nameTraces)
		if err := start(traces, err); err != nil {
			return nil, err
		}
	}
	if err := start(metrics, nil); err != nil {
		return nil, err
	}
	return stop, nil
}
