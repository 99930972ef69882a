// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"io"
	"regexp"
	"strings"
)

// kernel is what the tests said on one kernel.
type kernel struct {
	version  string
	release  string            // as uname says it
	results  map[cell]string   // what is seen of a feature
	features []string          // in the order of the tests
	lacks    map[string]string // why a back-end is not to be had
	repeated map[string]int    // runs that were repeated since the kernel skipped a hook, by back-end
	passed   bool
}

type cell struct{ backend, feature string }

const unsupported = "-"

var (
	ranLine     = regexp.MustCompile(`^=== (?:RUN|NAME) +\w+/(\w+)`)
	lacksLine   = regexp.MustCompile(`this host does not let the ebpf receiver work: (.*)$`)
	skippedLine = regexp.MustCompile(`the kernel skipped \d+ hooks`)
)

// parse reads the console of a virtual machine.
func parse(version string, console io.Reader) kernel {
	k := kernel{version: version, results: map[cell]string{}, lacks: map[string]string{}, repeated: map[string]int{}}
	backend := "" // of the test that runs
	lines := bufio.NewScanner(console)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r")
		if m := ranLine.FindStringSubmatch(line); m != nil {
			backend = m[1]
		}
		if fields := strings.Split(line, "\t"); len(fields) == 4 && fields[0] == "MATRIX" {
			k.add(cell{fields[1], fields[2]}, fields[3])
		} else if m := lacksLine.FindStringSubmatch(line); m != nil {
			k.lacks[backend] = m[1]
		} else if skippedLine.MatchString(line) {
			k.repeated[backend]++
		} else if release, ok := strings.CutPrefix(line, "VM-KERNEL "); ok {
			k.release = release
		} else if line == "VM-EXIT capture.test 0" {
			k.passed = true
		}
	}
	return k
}

func (k *kernel) add(at cell, result string) {
	if _, known := k.results[at]; !known {
		k.features = append(k.features, at.feature)
	}
	k.results[at] = result
}
