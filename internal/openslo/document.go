// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/slo"
)

// document is one OpenSLO object and what of it was taken.
type document struct {
	file       string
	kind, name string
	root, spec *object
	meta       *object
	skipped    bool // a note says that all of it is left out
}

// kinds are those of OpenSLO v1.
var kinds = []string{"SLO", "SLI", "Service", "AlertPolicy", "AlertCondition", "AlertNotificationTarget", "DataSource"}

// read returns the documents of a file, and what is wrong with it.
func read(source slo.Source) (found []*document, errs []error) {
	mistake := func(line int, format string, args ...any) {
		errs = append(errs, &slo.Mistake{File: source.Name, Line: line, Text: fmt.Sprintf(format, args...)})
	}
	for decoder := yaml.NewDecoder(bytes.NewReader(source.Data)); ; {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return found, errs
		}
		if err != nil {
			return found, append(errs, fmt.Errorf("%s: %w", source.Name, err))
		}
		if len(doc.Content) == 0 || doc.Content[0].Tag == "!!null" {
			continue
		}
		node := doc.Content[0]
		d := &document{file: source.Name, root: newObject("", node)}
		d.meta, d.spec = d.root.child("metadata"), d.root.child("spec")
		version := d.root.text("apiVersion")
		d.kind, d.name = d.root.text("kind"), d.meta.text("name")
		switch {
		case version != APIVersion:
			mistake(node.Line, "apiVersion must be %s, not %q", APIVersion, version)
		case !slices.Contains(kinds, d.kind):
			mistake(node.Line, "kind must be one of %v, not %q", kinds, d.kind)
		case d.name == "":
			mistake(node.Line, "metadata.name must be given")
		default:
			found = append(found, d)
		}
	}
}

// object is a mapping of which each key is taken once.
type object struct {
	path     string
	node     *yaml.Node // nil if it is absent
	names    []string
	values   map[string]*yaml.Node
	lines    map[string]int
	taken    map[string]bool
	children []*object
}

func newObject(path string, node *yaml.Node) *object {
	o := &object{path: path, node: node, values: map[string]*yaml.Node{}, lines: map[string]int{}, taken: map[string]bool{}}
	if node == nil || node.Kind != yaml.MappingNode {
		return o
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		o.names = append(o.names, name.Value)
		o.values[name.Value], o.lines[name.Value] = value, name.Line
	}
	return o
}

func (o *object) has(key string) bool { return o.values[key] != nil }

// text takes a single value as the document has it.
func (o *object) text(key string) string {
	node := o.values[key]
	if node == nil || node.Kind != yaml.ScalarNode {
		return ""
	}
	o.taken[key] = true
	if node.Tag == "!!null" {
		return ""
	}
	return node.Value
}

// child takes a mapping, of which each key is to be taken in turn. It is empty if
// there is none.
func (o *object) child(key string) *object {
	node := o.values[key]
	if node == nil || node.Kind != yaml.MappingNode {
		return newObject(o.key(key), nil)
	}
	return o.adopt(key, newObject(o.key(key), node))
}

// list takes a list of mappings and texts. A text is an object with the node
// alone.
func (o *object) list(key string) []*object {
	node := o.values[key]
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil
	}
	var items []*object
	for i, item := range node.Content {
		if item.Kind == yaml.AliasNode {
			item = item.Alias
		}
		items = append(items, o.adopt(key, newObject(fmt.Sprintf("%s[%d]", o.key(key), i), item)))
	}
	o.taken[key] = true
	return items
}

func (o *object) adopt(key string, child *object) *object {
	o.taken[key] = true
	o.children = append(o.children, child)
	return child
}

// take takes keys without a look.
func (o *object) take(keys ...string) {
	for _, key := range keys {
		o.taken[key] = true
	}
}

func (o *object) takeAll() { o.take(o.names...) }

func (o *object) key(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// rest visits the keys that nobody took.
func (o *object) rest(visit func(key string, line int)) {
	for _, name := range o.names {
		if !o.taken[name] {
			visit(o.key(name), o.lines[name])
		}
	}
	for _, child := range o.children {
		child.rest(visit)
	}
}
