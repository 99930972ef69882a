// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"context"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"
)

// sharedReceivers holds one receiver a configuration: the collector makes one
// component for each signal, but the kernel is to be hooked once.
type sharedReceivers struct {
	mu       sync.Mutex
	byConfig map[*Config]*sharedReceiver
}

func newSharedReceivers() *sharedReceivers {
	return &sharedReceivers{byConfig: map[*Config]*sharedReceiver{}}
}

func (s *sharedReceivers) get(set receiver.Settings, cfg *Config) (*sharedReceiver, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.byConfig[cfg]; ok {
		return r, nil
	}
	inner, err := newReceiver(set, cfg)
	if err != nil {
		return nil, err
	}
	r := &sharedReceiver{ebpfReceiver: inner, forget: func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byConfig, cfg)
	}}
	s.byConfig[cfg] = r
	return r, nil
}

// sharedReceiver starts and stops its receiver once, however often it is asked
// to.
type sharedReceiver struct {
	*ebpfReceiver
	forget func()
	start  sync.Once
	stop   sync.Once
	err    error
}

func (r *sharedReceiver) Start(ctx context.Context, host component.Host) error {
	r.start.Do(func() { r.err = r.ebpfReceiver.Start(ctx, host) })
	return r.err
}

func (r *sharedReceiver) Shutdown(ctx context.Context) error {
	var err error
	r.stop.Do(func() {
		r.forget()
		err = r.ebpfReceiver.Shutdown(ctx)
	})
	return err
}
