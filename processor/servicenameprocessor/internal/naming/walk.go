// SPDX-License-Identifier: Apache-2.0

package naming

import "strings"

// option is one option of a command line with its value, if it has one.
type option struct {
	name, value string
}

// takes tells whether the option has a value that is part of the command line.
func (o *options) takes(name string) bool {
	return o.Value.has(name) || o.Code.has(name) || o.Module.has(name) || o.Name.has(name) ||
		o.App.has(name) || o.Folder.has(name) || o.Config.has(name)
}

// read splits the first option off args, which begin with one, and returns what
// follows it.
func (o *options) read(args []string) (option, []string) {
	arg, rest := args[0], args[1:]
	next := func(name string) (option, []string) {
		if len(rest) == 0 {
			return option{name: name}, nil
		}
		return option{name, rest[0]}, rest[1:]
	}
	if o.takes(arg) {
		return next(arg)
	}
	if name, value, ok := strings.Cut(arg, "="); ok {
		return option{name, value}, rest
	}
	if !strings.HasPrefix(arg, "--") && len(arg) > 2 {
		if name := arg[:2]; o.Clusters || o.App.has(name) || o.Name.has(name) {
			return o.readCluster(arg, rest, next)
		}
	}
	return option{name: arg}, rest
}

// readCluster reads joined short options: in -um shop the letter m takes the
// value, in -mshop the value is in the same word.
func (o *options) readCluster(arg string, rest []string, next func(string) (option, []string)) (option, []string) {
	for i := 1; i < len(arg); i++ {
		name := "-" + arg[i:i+1]
		if !o.takes(name) {
			continue
		}
		if i+1 < len(arg) {
			return option{name, arg[i+1:]}, rest
		}
		return next(name)
	}
	return option{name: arg}, rest
}

// isOption tells an option from a word. A single - is the standard input.
func isOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }
