// SPDX-License-Identifier: Apache-2.0

// Command matrix makes docs/kernels.md of what the capture's tests said on each
// kernel: the logs log-VERSION that testbed/kernels/run left in a directory.
//
//	matrix DIRECTORY VERSION...
//
// It prints the page, and fails if a test failed or a kernel did not get to its end.
package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: matrix DIRECTORY VERSION...")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "matrix:", err)
		os.Exit(1)
	}
}

func run(directory string, versions []string) error {
	var kernels []kernel
	for _, version := range versions {
		log, err := os.ReadFile(filepath.Join(directory, "log-"+version))
		if err != nil {
			return fmt.Errorf("read what %s said: %w", version, err)
		}
		kernels = append(kernels, parse(version, bytes.NewReader(log)))
	}
	if err := page(os.Stdout, kernels); err != nil {
		return err
	}
	for _, k := range kernels {
		if !k.passed {
			return fmt.Errorf("tests failed on Linux %s, or did not end", k.version)
		}
	}
	return nil
}
