// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/sloe-dev/sloe/internal/backend"
)

// Config of the receiver. Every key has a default that fits.
type Config struct {
	// Backend is how the kernel's programs are hooked: one of backend.Names().
	Backend string `mapstructure:"backend"`
	// RingBuffer is the size of the ring buffer between kernel and receiver, in
	// bytes: a power of two. What finds no room in it is counted in the kernel.
	RingBuffer int `mapstructure:"ring_buffer"`
	// StuckAfter is the age from which an unanswered request is reported as open.
	StuckAfter time.Duration `mapstructure:"stuck_after"`
	// FlushInterval bounds how long a span waits for others before it is sent on,
	// and how often the kernel's aggregates are read.
	FlushInterval time.Duration `mapstructure:"flush_interval"`
	// MetricsInterval is how often the histograms are exported.
	MetricsInterval time.Duration `mapstructure:"metrics_interval"`
	// Thresholds are latencies that histograms need an edge at, besides those of
	// the catalogue.
	Thresholds []time.Duration `mapstructure:"thresholds"`
	// Metrics says how the duration histograms are written.
	Metrics MetricsConfig `mapstructure:"metrics"`
	// Protocols are those whose requests are counted: http, grpc, sql, redis, memcached.
	Protocols []string `mapstructure:"protocols"`
	// Ports say what is spoken at ports of servers, and force its detection there.
	Ports []PortConfig `mapstructure:"ports"`
	// QueueTime measures how long requests wait for their server.
	QueueTime bool `mapstructure:"queue_time"`
	// MaxCPU is the share of one core that the receiver may use before it sheds
	// spans; 0: no ceiling.
	MaxCPU float64 `mapstructure:"max_cpu"`
	// Sampling says which requests become spans. All are counted.
	Sampling SamplingConfig `mapstructure:"sampling"`
	// HTTP says what is told of requests of HTTP.
	HTTP HTTPConfig `mapstructure:"http"`
	// SQL says what is told of statements of SQL.
	SQL SQLConfig `mapstructure:"sql"`
	// Processes says whose requests are counted.
	Processes ProcessesConfig `mapstructure:"processes"`
	// prevent unkeyed literal initialization
	_ struct{}
}

var _ component.Config = (*Config)(nil)

const (
	maxRingBuffer    = 1 << 30
	minFlushInterval = 10 * time.Millisecond
	// minMaxCPU is what counting alone may take on a busy host.
	minMaxCPU = 0.01
	// maxMaxCPU is what the receiver's two goroutines can take.
	maxMaxCPU = 2.0
)

// Validate checks the configuration.
func (c *Config) Validate() error {
	var errs []error
	if names := backend.Names(); !slices.Contains(names, c.Backend) {
		errs = append(errs, fmt.Errorf("backend: %q is not one of %s", c.Backend, strings.Join(names, ", ")))
	}
	if c.RingBuffer < os.Getpagesize() || c.RingBuffer > maxRingBuffer || bits.OnesCount(uint(c.RingBuffer)) != 1 {
		errs = append(errs, fmt.Errorf("ring_buffer: %d is not a power of two between %d and %d bytes", c.RingBuffer, os.Getpagesize(), maxRingBuffer))
	}
	if c.StuckAfter <= 0 {
		errs = append(errs, fmt.Errorf("stuck_after: %s is not positive", c.StuckAfter))
	}
	if c.FlushInterval < minFlushInterval {
		errs = append(errs, fmt.Errorf("flush_interval: %s is less than %s", c.FlushInterval, minFlushInterval))
	}
	if c.MetricsInterval < c.FlushInterval {
		errs = append(errs, fmt.Errorf("metrics_interval: %s is less than flush_interval (%s)", c.MetricsInterval, c.FlushInterval))
	}
	for i, t := range c.Thresholds {
		if t <= 0 {
			errs = append(errs, fmt.Errorf("thresholds[%d]: %s is not positive", i, t))
		}
	}
	if c.MaxCPU != 0 && !(c.MaxCPU >= minMaxCPU && c.MaxCPU <= maxMaxCPU) {
		errs = append(errs, fmt.Errorf("max_cpu: %v is neither 0 (no ceiling) nor from %v to %v cores", c.MaxCPU, minMaxCPU, maxMaxCPU))
	}
	errs = append(errs, c.Metrics.validate()...)
	errs = append(errs, validateProtocols(c.Protocols)...)
	errs = append(errs, validatePorts(c.Ports, c.Protocols)...)
	errs = append(errs, c.HTTP.validate()...)
	errs = append(errs, c.SQL.validate()...)
	errs = append(errs, c.Sampling.validate()...)
	return errors.Join(errs...)
}
