// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
)

// Results of receiver_ebpf_list_reloads.
var (
	reloadDone   = metric.WithAttributes(attribute.String("result", "done"))
	reloadFailed = metric.WithAttributes(attribute.String("result", "failed"))
)

// followLists puts the file of the process lists in force if it changed. The hooks
// stay where they are: a reload of the whole configuration would detach them. A
// file that cannot be used leaves the last good lists in force, and is reported
// once.
func (r *ebpfReceiver) followLists(host component.Host) {
	changed, err := r.reloadLists()
	switch {
	case err != nil && !r.listsBroken:
		r.set.Logger.Error("The process lists cannot be put in force; the last good ones stay.", zap.Error(err))
		r.telemetry.ReceiverEbpfListReloads.Add(context.Background(), 1, reloadFailed)
		componentstatus.ReportStatus(host, componentstatus.NewRecoverableErrorEvent(err))
	case err == nil && r.listsBroken:
		componentstatus.ReportStatus(host, componentstatus.NewEvent(componentstatus.StatusOK))
	}
	r.listsBroken = err != nil
	if changed {
		r.telemetry.ReceiverEbpfListReloads.Add(context.Background(), 1, reloadDone)
	}
}

// reloadLists puts the lists in force if the file changed.
func (r *ebpfReceiver) reloadLists() (changed bool, err error) {
	lists, changed, err := r.lists.Read()
	if err != nil || !changed {
		return false, err
	}
	gone, err := r.watch.apply(lists)
	if err != nil {
		return false, err
	}
	for _, id := range gone {
		r.forget(id)
	}
	r.set.Logger.Info("The process lists changed.", zap.Int("include", len(lists.Include)), zap.Int("exclude", len(lists.Exclude)),
		zap.Int("processes_left_out", len(gone)))
	return true, nil
}
