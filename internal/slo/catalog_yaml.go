// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// fileErrors gathers all that is wrong with a file, so that a person mends it in
// one go.
type fileErrors struct {
	file string
	errs []error
}

func (e *fileErrors) at(node *yaml.Node, format string, args ...any) {
	e.errs = append(e.errs, &Mistake{File: e.file, Line: node.Line, Text: fmt.Sprintf(format, args...)})
}

// fields is one mapping of the file, read with errors that name line and key.
type fields struct {
	errs   *fileErrors
	path   string // of the mapping, such as services[2].slo
	values map[string]*yaml.Node
	names  []*yaml.Node
}

// mapping takes a node apart that has to be a mapping. Absent or empty, it has
// no values.
func (e *fileErrors) mapping(path string, node *yaml.Node) *fields {
	f := &fields{errs: e, path: path, values: map[string]*yaml.Node{}}
	node = resolve(node)
	if node == nil || node.Tag == "!!null" {
		return f
	}
	if node.Kind != yaml.MappingNode {
		e.at(node, "%s must be a mapping", describe(path))
		return f
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], resolve(node.Content[i+1])
		if _, twice := f.values[name.Value]; twice {
			e.at(name, "%s is given twice", f.key(name.Value))
			continue
		}
		f.values[name.Value] = value
		f.names = append(f.names, name)
	}
	return f
}

// allow reports every key that is none of the allowed ones.
func (f *fields) allow(keys ...string) {
	for _, name := range f.names {
		if !slices.Contains(keys, name.Value) {
			f.errs.at(name, "unknown key %s: allowed are %s", f.key(name.Value), strings.Join(keys, ", "))
		}
	}
}

// scalar returns a value's text as the file has it.
func (f *fields) scalar(key string, node *yaml.Node) (string, bool) {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		f.fail(node, key, errors.New("must be a single value"))
		return "", false
	}
	return node.Value, true
}

// text returns the value of an optional key, or "".
func (f *fields) text(key string) string {
	node, ok := f.values[key]
	if !ok {
		return ""
	}
	value, _ := f.scalar(key, node)
	return value
}

// parse reads the value of an optional key by a function, whose error says what
// is allowed.
func (f *fields) parse(key string, read func(text string) error) {
	node, ok := f.values[key]
	if !ok {
		return
	}
	text, ok := f.scalar(key, node)
	if !ok {
		return
	}
	if err := read(text); err != nil {
		f.fail(node, key, err)
	}
}

// list returns the items of an optional list of single values.
func (f *fields) list(key string) []*yaml.Node {
	node, ok := f.values[key]
	if !ok || node.Tag == "!!null" {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		f.fail(node, key, errors.New("must be a list"))
		return nil
	}
	items := make([]*yaml.Node, 0, len(node.Content))
	for i, item := range node.Content {
		item = resolve(item)
		if _, ok := f.scalar(fmt.Sprintf("%s[%d]", key, i), item); ok {
			items = append(items, item)
		}
	}
	return items
}

// oneOf reads an optional key that is one of several words.
func oneOf(words ...string) func(text string) error {
	return func(text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("must be one of %s, not %q", strings.Join(words, ", "), text)
		}
		return nil
	}
}

func (f *fields) fail(node *yaml.Node, key string, err error) {
	f.errs.at(node, "%s %v", f.key(key), err)
}

func (f *fields) key(name string) string {
	if f.path == "" {
		return name
	}
	return f.path + "." + name
}

func describe(path string) string {
	if path == "" {
		return "the catalogue"
	}
	return path
}

// resolve follows an alias to what it stands for.
func resolve(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
