// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"errors"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
)

// trouble is a cause for which the extension is not all well. Each comes and
// goes on its own.
type trouble int

const (
	troubleCommit trouble = iota
	troubleCatalogue
	troubleWindows
	troubleExclusions
	troubleAlerts
	troubleStorage
	troubleAudit
	troublePrometheus
	troubles
)

// health reports the component's status: recoverable while there is any trouble.
type health struct {
	host component.Host

	mu   sync.Mutex
	errs [troubles]error
}

func newHealth(host component.Host) *health { return &health{host: host} }

// report takes the state of one cause, nil when it is well. It tells whether
// that is new, and reports a status only then.
func (h *health) report(t trouble, err error) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if before := h.errs[t]; before == nil && err == nil || before != nil && err != nil && before.Error() == err.Error() {
		return false
	}
	h.errs[t] = err
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if all := errors.Join(h.errs[:]...); all != nil {
		event = componentstatus.NewRecoverableErrorEvent(all)
	}
	componentstatus.ReportStatus(h.host, event)
	return true
}
