// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/internal/backend"
)

// ErrUnsupported is wrapped by the errors of Open that no retry can mend: a
// capability or a kernel feature is missing.
var ErrUnsupported = backend.ErrUnsupported

// Options of a Capture.
type Options struct {
	// Backend is one of backend.Names(); empty stands for backend.Auto.
	Backend string
	// RingBytes is the size of the ring buffer: a power of two, at least a page.
	RingBytes int
	// EdgesNs are the upper bounds of the latency buckets of the aggregates, in
	// nanoseconds, ascending, at most MaxEdges.
	EdgesNs []uint64
	// StuckAfter is the age from which an unanswered exchange is listed as open.
	StuckAfter time.Duration
	// QueueTime asks for the time that requests wait for their server.
	QueueTime bool
	// Chunks asks for the bytes of connections whose protocol multiplexes.
	Chunks bool
	// Sampling says which exchanges get a record.
	Sampling Sampling
	// Protocols are those that are looked for, by the kernel's numbers; nil: all that
	// it knows.
	Protocols []uint8
	// Ports are those of servers at which nothing else is looked for than what they say.
	Ports []ForcedPorts
	// Limits bound the kernel's maps.
	Limits Limits
	// Filter makes room for verdicts that depend on ports, and has processes
	// undecided until there is a verdict on them.
	Filter bool
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

// objects of the kernel that the programs share with the capture.
type objects struct {
	bpf.SocketMaps
	bpf.SocketVariables
}

// Capture is a set of attached programs.
type Capture struct {
	backend  *backend.Backend
	passed   []error // why the back-ends before it were passed over
	objects  objects
	programs map[string]*ebpf.Program // by name
	hooks    []backend.Hook
	links    []link.Link
	reader   *ringbuf.Reader
	clock    Clock
	control  control
	fills    fills
	seen     aggregatesSeen
	missed   map[UnmeasuredKey]uint64 // taken so far, as seen
	vanished vanished
	edges    int
}

// Open checks, loads and attaches the first back-end that works. The error names
// what is missing and how to get it.
func Open(options Options) (*Capture, error) {
	if err := backend.CheckCapabilities("/proc/self/status"); err != nil {
		return nil, err
	}
	types, err := backend.KernelTypes()
	if err != nil {
		return nil, err
	}
	// needed before Linux 5.11 only; where it fails, loading says so
	_ = rlimit.RemoveMemlock()
	var passed []error
	for _, b := range backend.Candidates(cmp.Or(options.Backend, backend.Auto)) {
		c := &Capture{backend: b, passed: passed, seen: aggregatesSeen{}, missed: map[UnmeasuredKey]uint64{}, vanished: vanished{of: map[UnmeasuredKey]uint64{}}, edges: len(options.EdgesNs)}
		err := c.open(options, types)
		if err == nil {
			return c, nil
		}
		passed = append(passed, fmt.Errorf("back-end %s: %w", b.Name, errors.Join(err, c.Close())))
	}
	if passed == nil {
		return nil, fmt.Errorf("there is no back-end %q", options.Backend)
	}
	return nil, errors.Join(passed...)
}

func (c *Capture) open(options Options, types *btf.Spec) error {
	var err error
	if c.hooks, err = c.backend.Hooks(types, options.QueueTime); err != nil {
		return err
	}
	if err := c.load(options); err != nil {
		return err
	}
	return c.start(options.Filter)
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
	options.Limits.set(options.Filter, spec.Maps)
	if options.Filter {
		spec.Maps[bpf.SocketMapPortMasks].MaxEntries = ports
		if err := spec.Variables[bpf.SocketVarFilterGeneration].Set(uint32(1)); err != nil {
			return fmt.Errorf("set the generation of the verdicts: %w", err)
		}
	}
	variables := map[string]any{
		"wakeup_bytes":       uint32(min(maxWakeupBytes, options.RingBytes/wakeupShare)),
		"latency_edge_count": uint32(len(options.EdgesNs)),
		"latency_edges":      edges,
		"stuck_after_ns":     uint64(options.StuckAfter),
		"wanted_protocols":   mask(options.Protocols),
	}
	if options.Chunks {
		variables["take_chunks"] = uint32(1)
	}
	if c.preempts() {
		variables["kernel_locks"] = uint32(1)
	}
	if len(options.Ports) > 0 {
		variables["forces_ports"] = uint32(1)
		spec.Maps[bpf.SocketMapForcedPorts].MaxEntries = ports
		spec.Maps[bpf.SocketMapForcedPorts].Contents = forcedContents(options.Ports)
	}
	maps.Copy(variables, options.Sampling.variables())
	for name, value := range variables {
		if err := spec.Variables[name].Set(value); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	backend.Keep(spec, c.hooks)
	collection, err := ebpf.NewCollection(spec)
	if err != nil {
		if errors.Is(err, unix.EPERM) { // the verifier's refusals are EACCES and others
			return fmt.Errorf("%w: the kernel %s does not allow such programs: %w", ErrUnsupported, backend.Release(), err)
		}
		return fmt.Errorf("load the programs into the kernel %s: %w", backend.Release(), err)
	}
	defer collection.Close() // what is left of it
	if err := collection.Assign(&c.objects); err != nil {
		return fmt.Errorf("find the programs' maps: %w", err)
	}
	c.programs = maps.Clone(collection.Programs)
	clear(collection.Programs)
	c.control.variable, c.control.sampleBelow = c.objects.Controls, options.Sampling.below()
	c.control.words.KeepBelow = allHashes
	return nil
}

func (c *Capture) start(filter bool) error {
	// before any hook: the collector's own requests are not its business
	if _, err := c.programs["learn_self"].Run(&ebpf.RunOptions{}); err != nil {
		return fmt.Errorf("learn the collector's own process id: %w", err)
	}
	if err := errors.Join(c.insertAnonymous(filter), c.insertAnonymousFailures(), c.insertAnonymousUnmeasured(), c.insertAnonymousListener(), c.insertSharedBucket()); err != nil {
		return err
	}
	var err error
	if c.reader, err = ringbuf.NewReader(c.objects.Records); err != nil {
		return fmt.Errorf("open the ring buffer: %w", err)
	}
	for _, h := range c.hooks {
		l, err := h.Attach(c.programs[h.Program])
		if err != nil {
			if errors.Is(err, unix.EPERM) {
				return fmt.Errorf("%w: the kernel %s does not allow it: %w", ErrUnsupported, backend.Release(), err)
			}
			return err
		}
		c.links = append(c.links, l)
	}
	if !c.preempts() { // else they do not ask for it
		_ = c.learnClock() // without it they are a little slower
	}
	return c.findListeners() // after the hooks: those that come from now on are told by them
}

// preempts tells whether the hooks may be preempted.
func (c *Capture) preempts() bool { return c.backend.Preemptible || backend.PreemptsTracepoints() }

// mask has a bit for each protocol.
func mask(protocols []uint8) uint32 {
	if protocols == nil {
		return 1<<32 - 1
	}
	var m uint32
	for _, p := range protocols {
		m |= 1 << p
	}
	return m
}

// Backend names the back-end in use.
func (c *Capture) Backend() string { return c.backend.Name }

// PassedOver says why each back-end that comes before it was not taken.
func (c *Capture) PassedOver() []error { return c.passed }

// Hooks names the attached hooks.
func (c *Capture) Hooks() []string {
	names := make([]string, len(c.hooks))
	for i, h := range c.hooks {
		names[i] = h.String()
	}
	return names
}

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
	for _, p := range c.programs {
		errs = append(errs, p.Close())
	}
	return errors.Join(append(errs, c.objects.Close())...)
}
