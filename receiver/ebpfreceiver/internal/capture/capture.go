// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"

	"github.com/sloe-dev/sloe/bpf"
)

// Options of a Capture.
type Options struct {
	// RingBytes is the size of the ring buffer: a power of two, at least a page.
	RingBytes int
	// EdgesNs are the upper bounds of the latency buckets of the aggregates, in
	// nanoseconds, ascending, at most MaxEdges.
	EdgesNs []uint64
	// StuckAfter is the age from which an unanswered exchange is listed as open.
	StuckAfter time.Duration
	// QueueTime asks for the time that requests wait for their server.
	QueueTime bool
	// Sampling says which exchanges get a record.
	Sampling Sampling
	// Limits bound the kernel's maps.
	Limits Limits
}

// Limits are the most entries of the kernel's maps; 0 means the default.
type Limits struct {
	Aggregates, Processes, Buckets, OwnFlows int
}

func (l *Limits) set(specs map[string]*ebpf.MapSpec) {
	for name, n := range map[string]int{
		bpf.SocketMapAggregates: l.Aggregates, bpf.SocketMapProcesses: l.Processes,
		bpf.SocketMapBuckets: l.Buckets, bpf.SocketMapOwnFlows: l.OwnFlows,
	} {
		if n > 0 {
			specs[name].MaxEntries = uint32(n)
		}
	}
}

// MaxEdges is how many latency edges the kernel takes.
const MaxEdges = len(bpf.SocketAggregate{}.Buckets) - 1

// wakeupShare of the ring wakes the reader; it looks by itself at Poll too.
const (
	maxWakeupBytes = 1 << 20
	wakeupShare    = 4
	// Poll is how long Read waits for less than that.
	Poll = 100 * time.Millisecond
)

// Capture is a set of attached programs.
type Capture struct {
	objects bpf.SocketObjects
	links   []link.Link
	reader  *ringbuf.Reader
	hooks   []string
	clock   Clock
	control control
	seen    aggregatesSeen
	edges   int
}

// Open checks, loads and attaches. The error names what is missing and how to
// get it.
func Open(options Options) (*Capture, error) {
	if err := checkCapabilities("/proc/self/status"); err != nil {
		return nil, err
	}
	if err := checkKernel(); err != nil {
		return nil, err
	}
	// needed before Linux 5.11 only; where it fails, loading says so
	_ = rlimit.RemoveMemlock()
	c := &Capture{seen: aggregatesSeen{}, edges: len(options.EdgesNs)}
	if err := c.load(options); err != nil {
		return nil, err
	}
	if err := c.start(options); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Capture) load(options Options) error {
	spec, err := bpf.LoadSocket()
	if err != nil {
		return fmt.Errorf("read the compiled programs: %w", err)
	}
	var edges [MaxEdges]uint64
	if copy(edges[:], options.EdgesNs) < len(options.EdgesNs) {
		return fmt.Errorf("%d latency edges: at most %d", len(options.EdgesNs), MaxEdges)
	}
	spec.Maps[bpf.SocketMapRecords].MaxEntries = uint32(options.RingBytes)
	options.Limits.set(spec.Maps)
	variables := map[string]any{
		"wakeup_bytes":       uint32(min(maxWakeupBytes, options.RingBytes/wakeupShare)),
		"latency_edge_count": uint32(len(options.EdgesNs)),
		"latency_edges":      edges,
		"stuck_after_ns":     uint64(options.StuckAfter),
	}
	maps.Copy(variables, options.Sampling.variables())
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	if err := spec.LoadAndAssign(&c.objects, nil); err != nil {
		if errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("%w: the kernel %s refused the programs: %w", ErrUnsupported, release(), err)
		}
		return fmt.Errorf("load the programs into the kernel %s: %w", release(), err)
	}
	c.control.variable, c.control.sampleBelow = c.objects.Controls, options.Sampling.below()
	c.control.words.KeepBelow = allHashes
	return nil
}

func (c *Capture) start(options Options) error {
	// before any hook: the collector's own requests are not its business
	if _, err := c.objects.LearnSelf.Run(&ebpf.RunOptions{}); err != nil {
		return fmt.Errorf("learn the collector's own process id: %w", err)
	}
	if err := errors.Join(c.insertAnonymous(), c.insertSharedBucket()); err != nil {
		return err
	}
	var err error
	if c.reader, err = ringbuf.NewReader(c.objects.Records); err != nil {
		return fmt.Errorf("open the ring buffer: %w", err)
	}
	for _, h := range c.socketHooks() {
		if h.queueTime && !options.QueueTime {
			continue
		}
		l, err := link.AttachTracing(link.TracingOptions{Program: h.program})
		if err != nil {
			return fmt.Errorf("attach to %s: %w", h.tracepoint, err)
		}
		c.links = append(c.links, l)
		c.hooks = append(c.hooks, "tp_btf/"+h.tracepoint)
	}
	return nil
}

// Hooks names the attached programs.
func (c *Capture) Hooks() []string { return c.hooks }

// Detach stops the hooks. What they sent can still be read.
func (c *Capture) Detach() error {
	var errs []error
	for _, l := range c.links {
		errs = append(errs, l.Close())
	}
	c.links = nil
	return errors.Join(errs...)
}

// Close detaches and frees everything.
func (c *Capture) Close() error {
	errs := []error{c.Detach()}
	if c.reader != nil {
		errs = append(errs, c.reader.Close())
	}
	return errors.Join(append(errs, c.objects.Close())...)
}
