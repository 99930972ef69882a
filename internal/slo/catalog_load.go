// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed catalog_tiers.yaml
var defaultTiers []byte

// Source is one file of a catalogue.
type Source struct {
	// Name stands for the file in errors.
	Name string
	Data []byte
}

// DefaultCatalogue returns the catalogue that lists nothing: every service gets
// the defaults of tier3.
func DefaultCatalogue() *Snapshot {
	s, err := ParseCatalogue("default", nil)
	if err != nil {
		panic(err) // the embedded tiers are part of the program
	}
	return s
}

// ParseCatalogue reads a catalogue of one file. Empty data is a catalogue that
// lists nothing.
func ParseCatalogue(name string, data []byte) (*Snapshot, error) {
	return ParseCatalogues([]Source{{Name: name, Data: data}})
}

// ParseCatalogues reads a catalogue of several files, in each of which tiers of
// the others may be used. The error joins all that is wrong with them, each with
// file, line, key and what is allowed.
func ParseCatalogues(sources []Source) (*Snapshot, error) {
	l := &loader{
		tiers:    map[string]promise{DefaultTier: {policy: DefaultPolicy()}},
		tierAt:   map[string]place{},
		services: map[Service]place{},
	}
	builtin, err := documents(Source{Name: "default tiers", Data: defaultTiers})
	if err != nil {
		return nil, err
	}
	l.readTiers(builtin)
	clear(l.tierAt) // a catalogue may override them
	var roots []*fields
	for _, source := range sources {
		found, err := documents(source)
		if err != nil {
			l.errs = append(l.errs, err)
			continue
		}
		roots = append(roots, found...)
	}
	for _, root := range roots {
		root.allow("services", "tiers")
	}
	l.readTiers(roots)
	l.readServices(roots)
	for _, root := range append(builtin, roots...) {
		l.errs = append(l.errs, root.errs.errs...)
		root.errs.errs = nil // documents of a file share them
	}
	if err := errors.Join(l.errs...); err != nil {
		return nil, err
	}
	return newSnapshot(l.entries, l.tiers), nil
}

// loader gathers what the files of a catalogue hold.
type loader struct {
	tiers    map[string]promise
	tierAt   map[string]place
	services map[Service]place
	entries  []Entry
	errs     []error
}

// place is where something stands in a catalogue.
type place struct {
	file string
	line int
}

// in words the place as seen from a file.
func (p place) in(file string) string {
	if p.file == file {
		return fmt.Sprintf("line %d", p.line)
	}
	return fmt.Sprintf("%s:%d", p.file, p.line)
}

// syntaxLine is where the YAML library says the line of a mistake.
var syntaxLine = regexp.MustCompile(`^yaml: line (\d+): `)

// documents returns the mappings of a file: YAML holds several documents in one.
func documents(source Source) ([]*fields, error) {
	errs := &fileErrors{file: source.Name}
	var roots []*fields
	for decoder := yaml.NewDecoder(bytes.NewReader(source.Data)); ; {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			if at := syntaxLine.FindStringSubmatch(err.Error()); at != nil {
				line, _ := strconv.Atoi(at[1])
				return nil, &Mistake{File: source.Name, Line: line, Text: "no YAML: " + strings.TrimPrefix(err.Error(), at[0])}
			}
			return nil, fmt.Errorf("%s: %w", source.Name, err)
		}
		if len(doc.Content) > 0 {
			roots = append(roots, errs.mapping("", doc.Content[0]))
		}
	}
}

// readTiers lays tiers over those that are known. A new tier starts from tier3's
// promise, so that it may name only what differs; so tier3 is read first.
func (l *loader) readTiers(roots []*fields) {
	sections := make([]*fields, len(roots))
	for i, root := range roots {
		sections[i] = root.errs.mapping("tiers", root.values["tiers"])
	}
	for _, isDefault := range []bool{true, false} {
		for _, section := range sections {
			for _, name := range section.names {
				if (name.Value == DefaultTier) == isDefault {
					l.readTier(section, name)
				}
			}
		}
	}
}

func (l *loader) readTier(section *fields, name *yaml.Node) {
	file := section.errs.file
	if at, twice := l.tierAt[name.Value]; twice {
		section.errs.at(name, "tiers.%s is given again, which %s has: a tier is given once", name.Value, at.in(file))
		return
	}
	l.tierAt[name.Value] = place{file, name.Line}
	p, known := l.tiers[name.Value]
	if !known {
		p = l.tiers[DefaultTier]
	}
	f := section.errs.mapping("tiers."+name.Value, section.values[name.Value])
	p.read(f, "policy")
	p.policy = readPolicy(f, p.policy)
	l.tiers[name.Value] = p
}

func (l *loader) readServices(roots []*fields) {
	for _, root := range roots {
		list := root.values["services"]
		if list == nil || list.Tag == "!!null" {
			continue
		}
		if list.Kind != yaml.SequenceNode {
			root.errs.at(list, "services must be a list")
			continue
		}
		for i, node := range list.Content {
			l.readService(root.errs, fmt.Sprintf("services[%d]", i), node)
		}
	}
}

func (l *loader) readService(errs *fileErrors, path string, node *yaml.Node) {
	f := errs.mapping(path, resolve(node))
	f.allow("name", "namespace", "environment", "tier", "team", "slo", "slos", "policy")
	service := Service{Namespace: f.text("namespace"), Name: f.text("name"), Environment: f.text("environment")}
	if service.Name == "" {
		f.fail(node, "name", errors.New("must be the service.name of the service"))
	} else if at, twice := l.services[service]; twice {
		errs.at(node, "%s names %s again, which %s has: a service is listed once", path, service, at.in(errs.file))
	} else {
		l.services[service] = place{errs.file, node.Line}
	}
	tier := DefaultTier
	f.parse("tier", func(text string) error {
		tier = text
		return oneOf(slices.Sorted(maps.Keys(l.tiers))...)(text)
	})
	p := l.tiers[tier]
	p.read(errs.mapping(path+".slo", f.values["slo"]))
	p.policy = readPolicy(f, p.policy)
	p.objectives = readObjectives(f, p)
	e := p.entry()
	e.Service, e.Listed, e.Tier, e.Team = service, true, tier, f.text("team")
	l.entries = append(l.entries, e)
}
