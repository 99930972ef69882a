// SPDX-License-Identifier: Apache-2.0

// Package process starts the programs that tests work with, and ends them by
// the process id it got, never by a name.
package process // import "github.com/sloe-dev/sloe/testbed/workload/process"

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Command is what to start.
type Command struct {
	Path string
	Args []string
	// Env is added to the environment of this process.
	Env []string
	Dir string
	// SysProcAttr sets user, groups and ambient capabilities; may be nil.
	SysProcAttr *syscall.SysProcAttr
}

// Process is a started program. Its methods may be called from any goroutine.
type Process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *output
	stderr *output
	ended  chan struct{}
	err    error // of Wait; read after ended is closed
}

// Start starts a program. Whoever starts it owes it a Stop or a Kill.
func Start(c Command) (*Process, error) {
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Dir = c.Dir
	cmd.SysProcAttr = c.SysProcAttr
	p := &Process{name: c.Path, cmd: cmd, stdout: newOutput(), stderr: newOutput(), ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = p.stdout, p.stderr
	// A grandchild that keeps the pipes open must not keep Wait from returning.
	cmd.WaitDelay = time.Second
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", c.Path, err)
	}
	go func() {
		p.err = cmd.Wait()
		p.stdout.close()
		p.stderr.close()
		close(p.ended)
	}()
	return p, nil
}

// PID is the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Stdout returns what the program has printed so far.
func (p *Process) Stdout() string { return p.stdout.text() }

// Stderr returns what the program has printed to its standard error so far.
func (p *Process) Stderr() string { return p.stderr.text() }

// Tell writes a line to the program's standard input.
func (p *Process) Tell(line string) error {
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		return fmt.Errorf("telling %s %q: %w", p.name, line, err)
	}
	return nil
}

// CloseStdin ends the program's standard input.
func (p *Process) CloseStdin() error { return p.stdin.Close() }

// Stop asks the process to end by SIGTERM and waits. One that has not ended in
// time is killed, which is an error, as is an exit code other than 0.
func (p *Process) Stop(timeout time.Duration) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
		return p.exitError()
	case <-time.After(timeout):
		_ = p.Kill()
		return fmt.Errorf("%s did not end within %s of SIGTERM\n%s", p.name, timeout, p.Stderr())
	}
}

// Kill ends the process by SIGKILL and waits. It does nothing to one that ended.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-p.ended
	return err
}

// Signal sends a signal. A process that has ended is no error: it is what most
// signals ask for.
func (p *Process) Signal(s syscall.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("sending %s to %s: %w", s, p.name, err)
	}
	return nil
}

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// ExitCode waits for the end of the process and returns its exit code, -1 after
// a signal.
func (p *Process) ExitCode() int {
	<-p.ended
	return p.cmd.ProcessState.ExitCode()
}

func (p *Process) exitError() error {
	if p.err != nil {
		return fmt.Errorf("%s: %w\n%s", p.name, p.err, p.Stderr())
	}
	return nil
}
