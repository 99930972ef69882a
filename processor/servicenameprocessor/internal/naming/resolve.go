// SPDX-License-Identifier: Apache-2.0

package naming

import "strings"

// Source is the rule that decided a name, a value of the attribute source of the
// processor's metric.
type Source string

// Sources.
const (
	FromMap        Source = "map"        // the configured map
	FromExisting   Source = "existing"   // given by the process or its SDK
	FromScript     Source = "script"     // a script, jar or assembly
	FromModule     Source = "module"     // a module, main class or application of a runner
	FromExecutable Source = "executable" // a program of its own
	Unknown        Source = "unknown"    // an interpreter of which nothing more is known
)

// Process is what is known of a process. Every field may be empty.
type Process struct {
	// Executable is the executable's name, Path where it lies.
	Executable, Path string
	// Args is the command line; the first element is the program.
	Args []string
	// Folder is the working directory.
	Folder string
}

// Known tells whether there is anything to derive a name from.
func (p *Process) Known() bool { return p.Executable != "" || p.Path != "" || len(p.Args) != 0 }

func (p *Process) executable() string {
	switch {
	case p.Executable != "":
		return base(p.Executable)
	case p.Path != "":
		return base(p.Path)
	case len(p.Args) != 0:
		program, _, _ := strings.Cut(p.Args[0], " ") // a title holds more than the program
		return base(strings.TrimSuffix(program, ":"))
	}
	return ""
}

// Answer is a name and the rule that gave it.
type Answer struct {
	Name   string
	Source Source
}

// found is what a command line revealed: the raw text of a name, or nothing.
type found struct {
	name   string
	source Source
}

var nothing = found{}

// Resolve names a process. The name is empty if nothing is known of the process
// at all.
func (t *Tables) Resolve(p *Process) Answer {
	executable := p.executable()
	l := t.languageOf(executable)
	f := t.find(p, executable, l)
	if name := Sanitize(f.name); name != "" {
		return Answer{name, f.source}
	}
	if l != nil {
		return Answer{unknown(l.name), Unknown}
	}
	if name := Sanitize(executable); name != "" {
		return Answer{name, FromExecutable}
	}
	return Answer{Source: Unknown}
}

func (t *Tables) find(p *Process, executable string, l *language) found {
	if len(p.Args) == 0 {
		return nothing
	}
	if app := t.applicationOfTitle(p.Args[0]); app != "" {
		return found{t.applicationName(app, p.Folder), FromModule}
	}
	args := p.Args[1:]
	switch {
	case l == nil:
		// uwsgi is a program of its own, and a runner all the same.
		for _, l := range t.Languages {
			if r := l.Runners[executable]; r != nil {
				return t.runnerApplication(r, executable, args, p.Folder)
			}
		}
		return nothing
	case len(l.Properties) != 0:
		return t.javaName(l, args, p.Folder)
	case l.Anywhere:
		return namedAnywhere(l, args)
	}
	return t.scriptOf(l, args, p.Folder)
}

func (t *Tables) applicationOfTitle(title string) string {
	if !strings.Contains(title, " ") {
		return ""
	}
	for _, re := range t.titles {
		if m := re.FindStringSubmatch(title); m != nil {
			return m[1]
		}
	}
	return ""
}

// scriptOf walks an interpreter's command line to the script or module that it
// runs.
func (t *Tables) scriptOf(l *language, args []string, folder string) found {
	for len(args) != 0 {
		word := args[0]
		switch {
		case word == "-":
			return nothing
		case word == "--":
			args = args[1:]
		case isOption(word):
			var o option
			o, args = l.read(args)
			switch {
			case l.Code.has(o.name):
				return nothing
			case l.Module.has(o.name):
				return t.module(l, o.value, args, folder)
			case l.Folder.has(o.name):
				folder = o.value
			}
		case l.Subcommands.has(word), t.languageOf(base(word)) == l: // ddtrace-run python3 shop.py
			args = args[1:]
		default:
			return t.script(l, word, args[1:], folder)
		}
	}
	if len(l.Folder) != 0 { // php -S: the documents are all there is
		return found{t.folderName(folder), FromScript}
	}
	return nothing
}

// script names a script, or what the script goes on to run.
func (t *Tables) script(l *language, script string, rest []string, folder string) found {
	stem := l.stem(script)
	switch {
	case l.PackageManagers.has(stem):
		return nothing
	case l.Launchers.has(stem):
		return t.scriptOf(l, rest, folder)
	case l.Runners[stem] != nil:
		return t.runnerApplication(l.Runners[stem], stem, rest, folder)
	}
	return found{t.scriptName(script, l.Extensions, folder), FromScript}
}

// module names a module, or what the module goes on to run.
func (t *Tables) module(l *language, module string, rest []string, folder string) found {
	switch {
	case l.PackageManagers.has(module):
		return nothing
	case l.Launchers.has(module):
		return t.scriptOf(l, rest, folder)
	case l.Runners[module] != nil:
		return t.runnerApplication(l.Runners[module], module, rest, folder)
	}
	return found{t.moduleName(module), FromModule}
}

// namedAnywhere looks for a name option in the whole command line.
func namedAnywhere(l *language, args []string) found {
	for i := 0; i+1 < len(args); i++ {
		if l.Name.has(args[i]) {
			name, _, _ := strings.Cut(args[i+1], "@") // a node is name@host
			return found{name, FromModule}
		}
	}
	return nothing
}
