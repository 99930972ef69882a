// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"fmt"
	"os/exec"
)

// Run runs a program to its end and returns its standard output. The error of a
// program that failed shows its standard error.
func Run(path string, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s: %w\n%s", path, err, stderr.String())
	}
	return stdout.String(), nil
}
