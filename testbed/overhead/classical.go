// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/sloe-dev/sloe/testbed/overhead/classical"
)

// wakeupBytes and pollEvery are those of Sloe's receiver, so that readers are woken
// alike.
const (
	wakeupBytes = 1 << 20
	pollEvery   = 100 * time.Millisecond
)

// designs are the loaded programs of the classical design in both its forms.
type designs struct {
	paired, events *classic
}

func loadDesigns() (*designs, error) {
	paired, err := loadClassic(true)
	if err != nil {
		return nil, err
	}
	events, err := loadClassic(false)
	if err != nil {
		return nil, err
	}
	return &designs{paired, events}, nil
}

// classic is one loaded form. Its events are read and thrown away: what an agent
// makes of them is not compared.
type classic struct {
	programs map[string]*ebpf.Program
	reader   *ringbuf.Reader
}

func loadClassic(pairs bool) (*classic, error) {
	spec, err := classical.LoadClassical()
	if err != nil {
		return nil, fmt.Errorf("reading the classical programs: %w", err)
	}
	for name, value := range map[string]any{"self_tgid": uint32(os.Getpid()), "wakeup_bytes": uint32(wakeupBytes), "pairs": pairs} {
		if err := spec.Variables[name].Set(value); err != nil {
			return nil, fmt.Errorf("setting %s: %w", name, err)
		}
	}
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, fmt.Errorf("loading the classical programs: %w", err)
	}
	c := &classic{programs: collection.Programs}
	if c.reader, err = ringbuf.NewReader(collection.Maps["events"]); err != nil {
		return nil, fmt.Errorf("opening the ring buffer of the classical programs: %w", err)
	}
	return c, nil
}

func (c *classic) attach() (func() error, error) {
	var links []link.Link
	detach := func() error {
		var errs []error
		for _, l := range links {
			errs = append(errs, l.Close())
		}
		return errors.Join(errs...)
	}
	for name, program := range c.programs {
		when, call, _ := strings.Cut(name, "_")
		l, err := link.Tracepoint("syscalls", "sys_"+when+"_"+call, program, nil)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("attaching %s: %w", name, err), detach())
		}
		links = append(links, l)
	}
	stop, stopped := make(chan struct{}), make(chan error)
	go func() { stopped <- c.discard(stop) }()
	return func() error {
		close(stop)
		return errors.Join(<-stopped, detach())
	}, nil
}

// discard reads what there is until stop is closed.
func (c *classic) discard(stop <-chan struct{}) error {
	var r ringbuf.Record
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		c.reader.SetDeadline(time.Now().Add(pollEvery))
		for n := 0; n < 4096; n++ {
			if err := c.reader.ReadInto(&r); errors.Is(err, os.ErrDeadlineExceeded) {
				break
			} else if err != nil {
				return fmt.Errorf("reading the events of the classical programs: %w", err)
			}
		}
	}
}
