// SPDX-License-Identifier: Apache-2.0

// Package load sends an exact number of HTTP/1.1 requests over keep-alive
// connections and reads every response to its end.
package load // import "github.com/sloe-dev/sloe/testbed/workload/load"

import (
	"errors"
	"fmt"
	"time"
)

// Plan is what to send.
type Plan struct {
	// Address is host:port of the server, or unix: and the path of its socket.
	Address string `json:"address"`
	// Connections is the number of connections that are open at once.
	Connections int `json:"connections"`
	// Steps are sent interleaved, each evenly spread over the whole run.
	Steps []Step `json:"steps"`
	// Timeout bounds one request with its response; 0 means 30 s.
	Timeout time.Duration `json:"timeout"`
}

// Step is one kind of request.
type Step struct {
	Method string `json:"method"` // GET if empty
	Target string `json:"target"` // path and query
	Count  int    `json:"count"`
	// BodyBytes is the length of the request's body.
	BodyBytes int `json:"body_bytes"`
}

const defaultTimeout = 30 * time.Second

func (p *Plan) validate() error {
	var errs []error
	if p.Address == "" {
		errs = append(errs, errors.New("address is empty"))
	}
	if p.Connections < 1 {
		errs = append(errs, fmt.Errorf("connections is %d, must be at least 1", p.Connections))
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Method == "" {
			s.Method = "GET"
		}
		if s.Target == "" || s.Target[0] != '/' {
			errs = append(errs, fmt.Errorf("steps[%d].target is %q, must start with /", i, s.Target))
		}
		if s.Count < 0 || s.BodyBytes < 0 {
			errs = append(errs, fmt.Errorf("steps[%d]: count and body_bytes must not be negative", i))
		}
	}
	return errors.Join(errs...)
}

// order returns the steps' numbers in the order in which they are sent: after
// any share of the run, each step has sent that share of its requests.
func (p *Plan) order() []int {
	total := 0
	for _, s := range p.Steps {
		total += s.Count
	}
	order := make([]int, 0, total)
	sent := make([]int, len(p.Steps))
	for n := 1; n <= total; n++ {
		most, behind := 0, -1
		for i, s := range p.Steps {
			// How far the step is behind its share, times total to stay exact.
			if b := n*s.Count - sent[i]*total; b > behind && sent[i] < s.Count {
				most, behind = i, b
			}
		}
		sent[most]++
		order = append(order, most)
	}
	return order
}
