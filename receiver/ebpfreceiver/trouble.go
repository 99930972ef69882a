// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"slices"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// troubles are what keeps the receiver from sending all it could. While there is
// one, the component's status says so; with the last it is well again. It belongs
// to the reading goroutine.
type troubles struct {
	host component.Host
	now  []trouble
}

type trouble struct {
	name string
	err  error
}

// begin reports a trouble. One of the same name is replaced.
func (t *troubles) begin(name string, err error) {
	t.now = append(slices.DeleteFunc(t.now, func(o trouble) bool { return o.name == name }), trouble{name, err})
	t.report()
}

// end says that a trouble is over.
func (t *troubles) end(name string) {
	before := len(t.now)
	t.now = slices.DeleteFunc(t.now, func(o trouble) bool { return o.name == name })
	if len(t.now) != before {
		t.report()
	}
}

func (t *troubles) report() {
	if len(t.now) == 0 {
		componentstatus.ReportStatus(t.host, componentstatus.NewEvent(componentstatus.StatusOK))
		return
	}
	var errs []error
	for _, one := range t.now {
		errs = append(errs, one.err)
	}
	componentstatus.ReportStatus(t.host, componentstatus.NewRecoverableErrorEvent(errors.Join(errs...)))
}
