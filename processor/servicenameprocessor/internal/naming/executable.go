// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"path"
	"strings"
)

// languageOf returns the interpreter that an executable's name stands for, or
// nil if it is a program of its own. The name may carry a version: python3.11,
// java17, node-v20, perl5.36-x86_64-linux-gnu.
func (t *Tables) languageOf(executable string) *language {
	name := strings.TrimSuffix(strings.ToLower(executable), ".exe")
	if l := t.byExecutable[name]; l != nil {
		return l
	}
	digit := strings.IndexAny(name, "0123456789")
	if digit < 0 {
		return nil
	}
	bare := strings.TrimRight(name[:digit], "-_")
	if l := t.byExecutable[bare]; l != nil {
		return l
	}
	return t.byExecutable[strings.TrimRight(strings.TrimSuffix(bare, "v"), "-_")]
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
