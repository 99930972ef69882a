// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/internal/slo"
)

// measurement is one whole run, seen from outside of the serving process.
type measurement struct {
	serving
	length time.Duration
	rate   int

	child *child
	ticks []slo.Minute // of all that was added
}

func (m *measurement) say(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (m *measurement) run() (errs error) {
	if err := m.start("first start"); err != nil {
		return err
	}
	defer func() { errs = errors.Join(errs, m.child.kill()) }()
	if err := beNice(askersNice); err != nil {
		m.say("who asks shares the cores with who answers: %v", err)
	}
	for _, step := range []func() error{m.warm, m.quiet, m.alone, m.load, m.reads, m.memory, m.sums, m.disk, m.restart, m.sums} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// warm lets a minute pass, so that alerts were evaluated with counts of this run.
func (m *measurement) warm() error {
	a, err := m.child.do(order{Do: "run", For: 70 * time.Second, Ticks: len(m.ticks)})
	m.ticks = append(m.ticks, a.Ticks...)
	return err
}

// quiet asks for what does not exist: what the machine and the asking alone take.
func (m *measurement) quiet() error {
	l, err := asker{address: m.Address, rate: m.rate, connections: 32, path: func(int) string { return "/v1" }, status: http.StatusNotFound}.run(m.length / 4)
	if err != nil {
		return err
	}
	m.say("%d questions a second without an answer: %s", m.rate, l)
	return nil
}

// gate asks about all services in turn.
func (m *measurement) gate(length time.Duration) (latencies, error) {
	return asker{address: m.Address, rate: m.rate, connections: 32, status: http.StatusOK,
		path: func(n int) string { return "/v1/gate/" + name(n*7919%m.Services) }}.run(length)
}

// alone asks the gate while nothing is added or scraped, and alerts are evaluated.
func (m *measurement) alone() error {
	before, err := m.child.do(order{Do: "handled"})
	if err != nil {
		return err
	}
	l, err := m.gate(m.length)
	if err != nil {
		return err
	}
	m.say("gate, %d questions a second, nothing added meanwhile: %s", m.rate, l)
	return m.sayHandled(before.Handled)
}

// sayHandled says which part of that was the server's own.
func (m *measurement) sayHandled(before handled) error {
	a, err := m.child.do(order{Do: "handled"})
	if err != nil {
		return err
	}
	m.say("  of that within the server's handler: %s", a.Handled.since(before))
	return nil
}

// load is the run: adds, questions, scrapes and evaluations at once.
func (m *measurement) load() error {
	before, err := m.child.do(order{Do: "handled"})
	if err != nil {
		return err
	}
	stop := make(chan struct{})
	scraped := make(chan error, 1)
	go func() { scraped <- m.scrape(stop) }()
	ran := make(chan answer, 1)
	failed := make(chan error, 1)
	go func() {
		a, err := m.child.do(order{Do: "run", For: m.length, Ticks: len(m.ticks)})
		ran <- a
		failed <- err
	}()
	l, err := m.gate(m.length)
	a := <-ran
	close(stop)
	if err := errors.Join(err, <-failed, <-scraped); err != nil {
		return err
	}
	m.ticks = append(m.ticks, a.Ticks...)
	m.say("gate, %d questions a second: %s", m.rate, l)
	if err := m.sayHandled(before.Handled); err != nil {
		return err
	}
	m.say("Recorder.Add: %.0f ns of CPU (%d adds, %d goroutines)", a.AddNS, a.Adds, feeders)
	m.say("CPU of the process: %.2f of a core; %.3f of it adding; %d collections of garbage", a.CPU/m.length.Seconds(), a.FeedCPU/m.length.Seconds(), a.GCCycles)
	if a, err = m.child.do(order{Do: "durations"}); err != nil {
		return err
	}
	m.say("commits: %s; evaluations of alerts: %s; the collector's own metrics: %.0f ms", a.Commits, a.Evaluations, a.Own*1e3)
	if a, err = m.child.do(order{Do: "allocations"}); err != nil {
		return err
	}
	m.say("allocations of an Add: %.0f", a.Allocations)
	return nil
}

func (s spread) String() string {
	return fmt.Sprintf("mean %.1f, max %.1f ms of %d", s.Mean*1e3, s.Max*1e3, s.N)
}

// scrape reads the metrics every 15 seconds, as a Prometheus does.
func (m *measurement) scrape(stop chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(15 * time.Second):
			if err := m.scrapeOnce(); err != nil {
				return err
			}
		}
	}
}

// scrapeOnce asks for what a Prometheus asks for, packed, and throws it away: what
// the reading takes is not the endpoint's.
func (m *measurement) scrapeOnce() (err error) {
	request, err := http.NewRequest(http.MethodGet, "http://"+m.Address+"/metrics", http.NoBody)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "gzip")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return errors.New("/metrics: " + response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// reads times what is asked seldom, with nothing else going on but commits.
func (m *measurement) reads() error {
	for _, path := range []string{"/metrics", "/v1/budgets", "/", "/v1/budgets/" + name(0), "/v1/budgets/" + name(3), "/services/" + name(0), "/v1/alerts"} {
		var times []string
		size := 0
		for range 3 {
			body, took, err := m.get(path)
			if err != nil {
				return err
			}
			size = len(body)
			times = append(times, fmt.Sprintf("%.1f", float64(took)/float64(time.Millisecond)))
		}
		m.say("GET %s: %s ms, %.2f MB", path, strings.Join(times, ", "), float64(size)/1e6)
	}
	return nil
}

func (m *measurement) get(path string) ([]byte, time.Duration, error) {
	began := time.Now()
	response, err := http.Get("http://" + m.Address + path)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, response.Status)
	}
	return body, time.Since(began), err
}

func (m *measurement) memory() error {
	resident, err := m.child.resident()
	if err != nil {
		return err
	}
	a, err := m.child.do(order{Do: "memory"})
	if err != nil {
		return err
	}
	n := float64(m.series())
	m.say("memory: %.1f MB live, %.2f KB an objective, what a process without the extension has taken off; resident %.1f MB, %.2f KB an objective",
		float64(a.Heap)/1e6, float64(a.Heap-a.Base)/n/1024, float64(resident)/1e6, float64(resident)/n/1024)
	return nil
}

func (m *measurement) disk() error {
	size, _, err := m.files()
	m.say("disk: %.1f MB", float64(size)/1e6)
	return err
}

// files returns the size of the store's files and how long it takes to read them.
func (m *measurement) files() (size int64, took time.Duration, err error) {
	names, err := filepath.Glob(m.Directory + "/store/*")
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return 0, 0, err
		}
		n, err := io.Copy(io.Discard, struct{ io.Reader }{f})
		if err := errors.Join(err, f.Close()); err != nil {
			return 0, 0, err
		}
		size += n
	}
	return size, time.Since(began), nil
}

// start starts the serving process, and says how long it took to its first answer.
func (m *measurement) start(what string) (err error) {
	size, read, err := m.files()
	if err != nil {
		return err
	}
	began := time.Now()
	if m.child, err = serve(m.serving); err != nil {
		return err
	}
	for {
		if _, _, err := m.get("/v1/gate/" + name(0)); err == nil {
			break
		}
		if time.Since(began) > 10*time.Minute {
			return errors.New("the process does not answer")
		}
		time.Sleep(time.Millisecond)
	}
	first := time.Since(began)
	if err := m.child.ready(); err != nil {
		return err
	}
	m.say("%s: %.2f s to the first answer, %.2f s until all was evaluated; reading the files (%.1f MB) takes %.3f s: %.0f times as long",
		what, first.Seconds(), time.Since(began).Seconds(), float64(size)/1e6, read.Seconds(), first.Seconds()/read.Seconds())
	return nil
}

// restart kills the process as soon as all is durable, and starts it again.
func (m *measurement) restart() error {
	if err := m.child.kill(); err != nil {
		return err
	}
	return m.start("start after kill -9")
}
