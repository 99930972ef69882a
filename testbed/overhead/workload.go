// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/testbed/workload/process"
)

const (
	// patience bounds every wait for something that is to happen at once.
	patience = time.Minute
	// patienceWithOthers bounds the wait for somebody else's capture to end: a run of
	// all tests has many.
	patienceWithOthers = 20 * time.Minute
)

// A workload is programs that run as fast as they can and count their turns: a
// request with its response, or one system call.
type workload struct {
	// Name as the report says it; Turn is what is counted.
	Name, Turn string

	running []*process.Process
	// pids are measured: those of both ends.
	pids    []int
	counter []byte
}

// turns is how many there were so far.
func (w *workload) turns() uint64 { return binary.NativeEndian.Uint64(w.counter) }

// stop ends the programs.
func (w *workload) stop() {
	for _, p := range w.running {
		_ = p.Kill() // they have nothing to lose
	}
	w.running = nil
}

// waitUndisturbed waits until nobody else's programs are attached. The workload
// rests meanwhile, so as not to disturb them either.
func (w *workload) waitUndisturbed() error {
	if links, err := attached(); err != nil || len(links) == 0 {
		return err
	}
	if err := w.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	return errors.Join(waitUndisturbed(patienceWithOthers), w.signal(syscall.SIGCONT))
}

func (w *workload) signal(s syscall.Signal) error {
	var errs []error
	for _, p := range w.running {
		errs = append(errs, p.Signal(s))
	}
	return errors.Join(errs...)
}

// bed starts workloads: it has the programs and a directory.
type bed struct {
	dir, ends, goServer string
}

func newBed() (*bed, error) {
	dir, err := os.MkdirTemp("", "overhead")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // nginx's workers are another user
		return nil, err
	}
	b := &bed{dir: dir, ends: filepath.Join(dir, "ends"), goServer: filepath.Join(dir, "goserver")}
	for program, source := range map[string]string{b.ends: "./testbed/overhead/ends", b.goServer: "./testbed/cmd/goserver"} {
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", source, err, out)
		}
	}
	return b, nil
}

// remove deletes the directory.
func (b *bed) remove() error { return os.RemoveAll(b.dir) }

// workloads by name, in the order of the report.
var workloads = []struct {
	name  string
	start func(b *bed, w *workload) error
}{
	{"TCP pair", func(b *bed, w *workload) error { return b.play(w, "pair") }},
	{"nginx", (*bed).startNginx},
	{"Go net/http", (*bed).startGoServer},
	{"redis", (*bed).startRedis},
	{unrelated, func(b *bed, w *workload) error {
		w.Turn = "system call"
		return b.play(w, "calls")
	}},
}

// unrelated is the workload without a socket.
const unrelated = "no sockets"

// start starts a workload by its number.
func (b *bed) start(i int) (*workload, error) {
	w := &workload{Name: workloads[i].name, Turn: "request"}
	if err := workloads[i].start(b, w); err != nil {
		w.stop()
		return nil, fmt.Errorf("starting %s: %w", w.Name, err)
	}
	return w, nil
}

// run starts a program of the workload. Both ends share the last CPU, ahead of what
// else the machine does: what they take is then their own work, not their moving
// between CPUs, and the reader of the records has another CPU for itself.
func (w *workload) run(c process.Command) (*process.Process, error) {
	c.Args = append([]string{"-n", "-15", "taskset", "-c", strconv.Itoa(runtime.NumCPU() - 1), c.Path}, c.Args...)
	c.Path = "nice"
	p, err := process.Start(c)
	if err != nil {
		return nil, err
	}
	w.running, w.pids = append(w.running, p), append(w.pids, p.PID())
	return p, nil
}

// play starts the program that counts.
func (b *bed) play(w *workload, args ...string) error {
	f, err := os.CreateTemp(b.dir, "counter")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(8); err != nil {
		return err
	}
	if w.counter, err = unix.Mmap(int(f.Fd()), 0, 8, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return fmt.Errorf("mapping the counter: %w", err)
	}
	p, err := w.run(process.Command{Path: b.ends, Args: append([]string{args[0], "-counter", f.Name()}, args[1:]...)})
	if err != nil {
		return err
	}
	_, err = p.WaitStdout("ready", patience)
	return err
}

// startGoServer starts the server of testbed/workload/goserver and its client.
func (b *bed) startGoServer(w *workload) error {
	address, err := b.serve(w)
	if err != nil {
		return err
	}
	return b.play(w, "client", "-address", address)
}

// serve starts the Go server alone.
func (b *bed) serve(w *workload) (address string, err error) {
	p, err := w.run(process.Command{Path: b.goServer})
	if err != nil {
		return "", err
	}
	ready, err := p.WaitStdout("ready ", patience)
	return strings.TrimPrefix(ready, "ready "), err
}

// startRedis starts a server that answers one command at a time on each connection.
func (b *bed) startRedis(w *workload) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(address)
	if _, err := w.run(process.Command{Path: "redis-server", Dir: b.dir, Args: []string{
		"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no",
	}}); err != nil {
		return err
	}
	if err := waitListening(address); err != nil {
		return err
	}
	return b.play(w, "client", "-address", address, "-protocol", "redis")
}

// nginxConfig takes: user, address.
const nginxConfig = `user %s;
worker_processes 1;
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events { worker_connections 2048; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  server {
    listen %s;
    location = /ok { return 200 "Hello, world\n"; }
  }
}
`

func (b *bed) startNginx(w *workload) error {
	address, err := freeAddress()
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(b.dir, "nginx.conf"), fmt.Appendf(nil, nginxConfig, "www-data", address), 0o644); err != nil {
		return err
	}
	if _, err := w.run(process.Command{Path: "nginx", Dir: b.dir, Args: []string{"-p", b.dir, "-c", "nginx.conf", "-e", "stderr"}}); err != nil {
		return err
	}
	if err := waitListening(address); err != nil {
		return err
	}
	return b.play(w, "client", "-address", address)
}

// freeAddress returns an address of 127.0.0.1 that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func waitListening(address string) error {
	deadline := time.Now().Add(patience)
	for {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}
