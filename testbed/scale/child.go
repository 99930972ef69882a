// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// child is a serving process.
type child struct {
	cmd     *exec.Cmd
	orders  io.WriteCloser
	answers *json.Decoder
}

func serve(s serving) (*child, error) {
	described, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(program, "-serve", string(described))}
	c.cmd.Stderr = os.Stderr
	if c.orders, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.answers = json.NewDecoder(out)
	return c, c.cmd.Start()
}

// ready returns when the extension's Start did.
func (c *child) ready() error {
	var a answer
	return c.answers.Decode(&a)
}

func (c *child) do(o order) (a answer, err error) {
	if err := json.NewEncoder(c.orders).Encode(o); err != nil {
		return a, err
	}
	if err := c.answers.Decode(&a); err != nil {
		return a, fmt.Errorf("order %s: %w", o.Do, err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// kill ends the process at once.
func (c *child) kill() error {
	if c.cmd.ProcessState != nil {
		return nil
	}
	err := c.cmd.Process.Kill()
	_ = c.cmd.Wait() // it says that it was killed
	return err
}

// resident returns the memory of the process in bytes.
func (c *child) resident() (uint64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		var kb uint64
		if _, err := fmt.Sscanf(line, "VmRSS: %d kB", &kb); err == nil {
			return kb << 10, nil
		}
	}
	return 0, errors.New("the process does not tell its memory")
}
