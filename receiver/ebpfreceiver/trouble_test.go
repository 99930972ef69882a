// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
)

// reports is a host that takes down what a component says of itself.
type reports struct {
	component.Host
	said []string
}

func (r *reports) Report(e *componentstatus.Event) {
	text := e.Status().String()
	if e.Err() != nil {
		text += ": " + e.Err().Error()
	}
	r.said = append(r.said, text)
}

func TestTroubles(t *testing.T) {
	host := &reports{Host: componenttest.NewNopHost()}
	all := troubles{host: host}
	all.end("a")
	assert.Empty(t, host.said, "it was well all the time")
	all.begin("a", errors.New("one"))
	all.begin("b", errors.New("two"))
	all.begin("a", errors.New("three"))
	all.end("b")
	all.end("a")
	assert.Equal(t, []string{
		"StatusRecoverableError: one",
		"StatusRecoverableError: one\ntwo",
		"StatusRecoverableError: two\nthree",
		"StatusRecoverableError: three",
		"StatusOK",
	}, host.said)
}
