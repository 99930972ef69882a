// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// asker asks the gate at a rate, whatever the answers take: the time of an answer
// is counted from when the question was due, so that a pause is seen by all who
// were to ask within it.
type asker struct {
	address     string
	rate        int
	connections int
	path        func(question int) string
	status      int // that is expected
}

// latencies are those of the answers, ascending.
type latencies []time.Duration

func (a asker) run(length time.Duration) (latencies, error) {
	total := a.rate * int(length/time.Second)
	due := make(chan question, total) // the one who asks never waits for those who do
	took := make([]time.Duration, total)
	errs := make(chan error, a.connections)
	var all sync.WaitGroup
	for range a.connections {
		c, err := net.Dial("tcp", a.address)
		if err != nil {
			return nil, err
		}
		all.Go(func() {
			defer c.Close()
			in := bufio.NewReader(c)
			for q := range due {
				if err := a.ask(c, in, q.number); err != nil {
					errs <- fmt.Errorf("question %d: %w", q.number, err)
					return
				}
				took[q.number] = time.Since(q.due)
			}
		})
	}
	a.pace(total, due)
	close(due)
	all.Wait()
	close(errs)
	if err := <-errs; err != nil {
		return nil, err
	}
	slices.Sort(took)
	return took, nil
}

type question struct {
	number int
	due    time.Time
}

// pace puts each question when it is due, from a thread of its own: timers of Go
// are a millisecond coarse while the process idles.
func (a asker) pace(total int, due chan<- question) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began := time.Now()
	for n := range total {
		at := began.Add(time.Duration(n) * time.Second / time.Duration(a.rate))
		if wait := time.Until(at); wait > 0 {
			t := unix.NsecToTimespec(int64(wait))
			_ = unix.Nanosleep(&t, nil) // a signal wakes it early, by little
		}
		due <- question{n, at}
	}
}

func (a asker) ask(c io.Writer, in *bufio.Reader, number int) error {
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", a.path(number), a.address); err != nil {
		return err
	}
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		return err
	}
	if answer.StatusCode != a.status {
		return fmt.Errorf("it was answered with %s", answer.Status)
	}
	return nil
}

func (l latencies) String() string {
	at := func(share float64) string {
		return fmt.Sprintf("%.2f", float64(l[min(int(share*float64(len(l))), len(l)-1)])/float64(time.Millisecond))
	}
	late := 0
	for _, d := range l {
		if d > time.Millisecond {
			late++
		}
	}
	return fmt.Sprintf("p50 %s, p90 %s, p99 %s, p99.9 %s, max %s ms; %.3f %% above 1 ms, of %d",
		at(0.5), at(0.9), at(0.99), at(0.999), at(1), 100*float64(late)/float64(len(l)), len(l))
}
