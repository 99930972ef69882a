// SPDX-License-Identifier: Apache-2.0

package churn

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// mode is how the exporter's other end behaves.
type mode int32

const (
	fine    mode = iota
	failing      // answers 503
	paused       // answers nothing until the exporter gives up
)

// modes follow each other, from reload to reload.
var modes = []mode{failing, paused, fine}

// flaky takes what is exported, or does not.
type flaky struct {
	*httptest.Server
	mode   atomic.Int32
	counts [3]atomic.Int64
}

func startFlaky(t *testing.T) *flaky {
	f := &flaky{}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := mode(f.mode.Load())
		f.counts[m].Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		switch m {
		case failing:
			w.WriteHeader(http.StatusServiceUnavailable)
		case paused:
			select {
			case <-r.Context().Done():
			case <-time.After(5 * time.Second):
			}
		}
	}))
	t.Cleanup(f.Close)
	return f
}

func (f *flaky) set(m mode) { f.mode.Store(int32(m)) }

func (f *flaky) String() string {
	return fmt.Sprintf("%d requests taken, %d failed, %d left hanging", f.counts[fine].Load(), f.counts[failing].Load(), f.counts[paused].Load())
}
