// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const preface = `<!-- Made by make kernel-matrix. Do not edit. -->

# Kernels

What the capture's tests see on Debian's kernels, each in a virtual machine under emulation, made by ` + "`make kernel-matrix`" + `.
Nothing here is written by hand: the tests print what is seen when they pass.

- *exact*: each exchange is one record a side, with the request, the answer, its status and the queue time, or is counted by the kernel; equal to what the processes did.
- *without the status*: each exchange is counted; what the answer was cannot be read there (the bytes never were in the program's memory, or no system call names them).
- *as told*: of a hook that was skipped one exchange is missing and counted as such, or its status is not known; no other exchange changes.
- *not seen*: that side has no exchanges, and none is invented. The other side has all.
- *-*: the kernel lacks the back-end, see below.
`

// page writes the matrix: a table a back-end, features down, kernels across.
func page(w io.Writer, kernels []kernel) error {
	var b strings.Builder
	b.WriteString(preface)
	b.WriteString("\n| Linux | release | tests |\n|---|---|---|\n")
	for _, k := range kernels {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", k.version, k.release, k.verdict())
	}
	for _, name := range backends(kernels) {
		fmt.Fprintf(&b, "\n## Back-end `%s`\n\n", name)
		table(&b, name, kernels)
		notes(&b, name, kernels)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verdict in a word. A kernel that lacks every back-end passes too: its tests are left out.
func (k *kernel) verdict() string {
	for _, result := range k.results {
		if k.passed && result != unsupported {
			return "pass"
		}
	}
	if k.passed {
		return "not supported"
	}
	return "**fail**"
}

// backends in the order in which they are tried.
func backends(kernels []kernel) []string {
	var names []string
	for _, k := range kernels {
		for _, feature := range k.features {
			for _, at := range slices.SortedFunc(maps.Keys(k.results), func(a, b cell) int { return -strings.Compare(a.backend, b.backend) }) {
				if at.feature == feature && !slices.Contains(names, at.backend) {
					names = append(names, at.backend)
				}
			}
		}
	}
	return names
}

func table(b *strings.Builder, name string, kernels []kernel) {
	b.WriteString("| |")
	for _, k := range kernels {
		fmt.Fprintf(b, " %s |", k.version)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(kernels)) + "\n")
	for _, feature := range features(name, kernels) {
		fmt.Fprintf(b, "| %s |", feature)
		for _, k := range kernels {
			fmt.Fprintf(b, " %s |", k.result(cell{name, feature}))
		}
		b.WriteString("\n")
	}
}

// features of a back-end, in the order of the tests.
func features(name string, kernels []kernel) []string {
	var all []string
	for _, k := range kernels {
		for _, feature := range k.features {
			if _, has := k.results[cell{name, feature}]; has && !slices.Contains(all, feature) {
				all = append(all, feature)
			}
		}
	}
	return all
}

// result of a feature. A back-end that a kernel lacks may be left out by a test before its features.
func (k *kernel) result(at cell) string {
	if result, ok := k.results[at]; ok {
		return strings.Replace(result, "FAILED", "**failed**", 1)
	}
	if k.lacks[at.backend] != "" {
		return unsupported
	}
	return "not run"
}

func notes(b *strings.Builder, name string, kernels []kernel) {
	b.WriteString("\n")
	for _, k := range kernels {
		if why := k.lacks[name]; why != "" {
			fmt.Fprintf(b, "- %s: %s.\n", k.version, strings.TrimSuffix(why, "."))
		}
		if n := k.repeated[name]; n > 0 {
			fmt.Fprintf(b, "- %s: runs repeated since the kernel had skipped a hook, and counted that (`recursion_misses`): %d.\n", k.version, n)
		}
	}
}
