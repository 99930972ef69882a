// SPDX-License-Identifier: Apache-2.0

package budgetscript

import (
	"fmt"
	"strings"
)

// command is one command of a script, with the indented lines below it.
type command struct {
	line  int    // in the file, from 1
	text  string // as written
	name  string
	args  []string
	block []string // the lines as written, without blank ones at the end
}

// element is a command, or text between commands that a rewrite keeps.
type element struct {
	command *command
	text    string
}

// parse takes a script apart.
func parse(data string) ([]element, error) {
	var elements []element
	var last *command
	for i, line := range strings.Split(strings.TrimRight(data, "\n"), "\n") {
		trimmed := strings.TrimSpace(line)
		switch indented := line != "" && (line[0] == ' ' || line[0] == '\t'); {
		case trimmed == "", strings.HasPrefix(line, "#"):
			last = nil
			elements = append(elements, element{text: line})
		case indented && last == nil:
			return nil, fmt.Errorf("line %d is indented and belongs to no command", i+1)
		case indented:
			last.block = append(last.block, line)
		default:
			words := strings.Fields(line)
			last = &command{line: i + 1, text: line, name: words[0], args: words[1:]}
			elements = append(elements, element{command: last})
		}
	}
	return elements, nil
}

// format is the inverse of parse.
func format(elements []element) string {
	var b strings.Builder
	for _, e := range elements {
		if e.command == nil {
			b.WriteString(e.text + "\n")
			continue
		}
		b.WriteString(e.command.text + "\n")
		for _, line := range e.command.block {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
