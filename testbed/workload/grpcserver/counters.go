// SPDX-License-Identifier: Apache-2.0

package grpcserver

import (
	"context"
	"maps"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

// Counts are what the server's interceptors know.
type Counts struct {
	// Ended counts calls by method and name of the status code.
	Ended map[string]map[string]uint64 `json:"ended"`
	// Open is the number of calls that are being handled.
	Open int `json:"open"`
}

// Total is the number of calls that ended with one of the codes; with any, if none
// is named.
func (c Counts) Total(codes ...string) uint64 {
	var n uint64
	for _, byCode := range c.Ended {
		for code, count := range byCode {
			if len(codes) == 0 {
				n += count
			}
			for _, want := range codes {
				if code == want {
					n += count
				}
			}
		}
	}
	return n
}

// counters count while calls are served.
type counters struct {
	mu     sync.Mutex
	counts Counts
}

func newCounters() *counters { return &counters{counts: Counts{Ended: map[string]map[string]uint64{}}} }

func (c *counters) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Open++
}

// end is called before the status is sent, so that a client that has it finds it
// counted.
func (c *counters) end(method string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Open--
	if c.counts.Ended[method] == nil {
		c.counts.Ended[method] = map[string]uint64{}
	}
	c.counts.Ended[method][status.Code(err).String()]++
}

func (c *counters) snapshot() Counts {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := Counts{Ended: map[string]map[string]uint64{}, Open: c.counts.Open}
	for method, byCode := range c.counts.Ended {
		out.Ended[method] = maps.Clone(byCode)
	}
	return out
}

func (c *counters) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	c.begin()
	response, err := handle(ctx, request)
	c.end(info.FullMethod, err)
	return response, err
}

func (c *counters) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	c.begin()
	err := handle(srv, stream)
	c.end(info.FullMethod, err)
	return err
}
