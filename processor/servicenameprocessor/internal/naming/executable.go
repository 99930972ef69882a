// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"path"
	"regexp"
	"strings"
)

// versioned is the name of an executable that carries its version: python3.11,
// java17, node-20, perl5.36-x86_64-linux-gnu.
var versioned = regexp.MustCompile(`^([a-z][a-z.+_-]*?)[-_]?v?\d[\w.+-]*$`)

// languageOf returns the interpreter that an executable's name stands for, or
// nil if it is a program of its own.
func (t *Tables) languageOf(executable string) *language {
	name := strings.TrimSuffix(strings.ToLower(executable), ".exe")
	if l := t.byExecutable[name]; l != nil {
		return l
	}
	if m := versioned.FindStringSubmatch(name); m != nil {
		return t.byExecutable[m[1]]
	}
	return nil
}

// IsInterpreter tells whether a name is only that of an interpreter.
func (t *Tables) IsInterpreter(name string) bool { return t.languageOf(name) != nil }

// base returns the last element of a path, and nothing of an empty one.
func base(p string) string {
	if p == "" {
		return ""
	}
	return path.Base(strings.ReplaceAll(p, `\`, "/"))
}

// unknown is the name of a service of which only the interpreter is known.
func unknown(language string) string { return "unknown-" + language + "-service" }
