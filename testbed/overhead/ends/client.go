// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"sync/atomic"
	"time"
)

// requests by protocol. A server answers each of its requests with a response of
// the same length, which is taken from the first one.
var requests = map[string]string{
	"http":  "GET /ok HTTP/1.1\r\nHost: pair.example:8080\r\nUser-Agent: ends/1\r\nAccept: */*\r\n\r\n",
	"redis": "*2\r\n$3\r\nGET\r\n$8\r\noverhead\r\n",
}

// settle is how long the first response of a connection may take to be whole.
const settle = 100 * time.Millisecond

// playClient is a client of one thread.
func playClient(done *atomic.Uint64, address, request string, connections int, p pace) error {
	var open []socket
	var response []byte
	for range connections {
		c, err := dial(address)
		if err != nil {
			return err
		}
		open = append(open, c)
		if response != nil {
			continue
		}
		if err := c.write([]byte(request)); err != nil {
			return err
		}
		time.Sleep(settle)
		first := make([]byte, 64<<10)
		n, err := c.read(first)
		if err != nil {
			return err
		}
		response = make([]byte, n)
	}
	fmt.Println("ready")
	done.Add(1) // the first
	return ask(done, open, []byte(request), response, p)
}

// pace is how requests follow each other.
type pace struct {
	group int    // connections that are asked before the first answer is read
	rate  int    // requests a second; 0: as many as there can be
	count uint64 // requests after which it ends; 0: never
}

// ask sends a request on each connection of a group, then reads their responses,
// and goes on to the next group. The ends so have much to do at a time, and little
// of what is measured is waking each other up.
func ask(done *atomic.Uint64, connections []socket, request, response []byte, p pace) error {
	next, start, sent := 0, time.Now(), 0
	for p.count == 0 || done.Load() < p.count {
		if p.rate > 0 {
			time.Sleep(time.Duration(sent)*time.Second/time.Duration(p.rate) - time.Since(start))
		}
		of := connections[next:min(next+p.group, len(connections))]
		if p.count > 0 {
			of = of[:min(uint64(len(of)), p.count-done.Load())]
		}
		next += len(of)
		if next >= len(connections) {
			next = 0
		}
		for _, c := range of {
			if err := c.write(request); err != nil {
				return err
			}
		}
		for _, c := range of {
			if err := c.readFull(response); err != nil {
				return err
			}
		}
		sent += len(of)
		done.Add(uint64(len(of)))
	}
	return nil
}
