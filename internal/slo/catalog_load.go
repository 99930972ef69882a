// SPDX-License-Identifier: Apache-2.0

package slo

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed catalog_tiers.yaml
var defaultTiers []byte

// maxCatalogueBytes bounds a catalogue file: 10,000 services take about 2 MiB.
const maxCatalogueBytes = 32 << 20

// DefaultCatalogue returns the catalogue that lists nothing: every service gets
// the defaults of tier3.
func DefaultCatalogue() *Snapshot {
	s, err := ParseCatalogue("default", nil)
	if err != nil {
		panic(err) // the embedded tiers are part of the program
	}
	return s
}

// LoadCatalogue reads a catalogue file. The error joins all that is wrong with
// it, each with file, line, key and what is allowed.
func LoadCatalogue(path string) (*Snapshot, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	if info.Size() == 0 {
		return nil, fmt.Errorf("read catalogue: %s is empty; a catalogue that lists nothing says `services: []`", path)
	}
	if info.Size() > maxCatalogueBytes {
		return nil, fmt.Errorf("read catalogue: %s has %d bytes, at most %d are read", path, info.Size(), maxCatalogueBytes)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return ParseCatalogue(path, data)
}

// ParseCatalogue reads a catalogue from YAML. The name stands for the file in
// errors. Empty data is a catalogue that lists nothing.
func ParseCatalogue(name string, data []byte) (*Snapshot, error) {
	tiers, err := parseTiers("default tiers", defaultTiers, nil)
	if err != nil {
		return nil, err
	}
	errs := &fileErrors{file: name}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	root := errs.mapping("", content(&doc))
	root.allow("services", "tiers")
	readTiers(errs, root, tiers)
	entries := readServices(errs, root, tiers)
	if err := errs.err(); err != nil {
		return nil, err
	}
	return newSnapshot(entries, tiers), nil
}

func parseTiers(name string, data []byte, tiers map[string]promise) (map[string]promise, error) {
	if tiers == nil {
		tiers = map[string]promise{DefaultTier: {policy: DefaultPolicy()}}
	}
	errs := &fileErrors{file: name}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	readTiers(errs, errs.mapping("", content(&doc)), tiers)
	return tiers, errs.err()
}

// readTiers lays the file's tiers over those that are known. A new tier starts
// from tier3's promise, so that it may name only what differs.
func readTiers(errs *fileErrors, root *fields, tiers map[string]promise) {
	section := errs.mapping("tiers", root.values["tiers"])
	for _, name := range section.names {
		p, known := tiers[name.Value]
		if !known {
			p = tiers[DefaultTier]
		}
		p.read(errs.mapping("tiers."+name.Value, section.values[name.Value]))
		tiers[name.Value] = p
	}
}

func readServices(errs *fileErrors, root *fields, tiers map[string]promise) []Entry {
	list := root.values["services"]
	if list == nil || list.Tag == "!!null" {
		return nil
	}
	if list.Kind != yaml.SequenceNode {
		errs.at(list, "services must be a list")
		return nil
	}
	var entries []Entry
	lines := map[Service]int{}
	for i, node := range list.Content {
		e, ok := readService(errs, fmt.Sprintf("services[%d]", i), resolve(node), tiers)
		if !ok {
			continue
		}
		if line, twice := lines[e.Service]; twice {
			errs.at(node, "services[%d] names %s again, which line %d has: a service is listed once", i, e.Service, line)
			continue
		}
		lines[e.Service] = node.Line
		entries = append(entries, e)
	}
	return entries
}

func readService(errs *fileErrors, path string, node *yaml.Node, tiers map[string]promise) (Entry, bool) {
	f := errs.mapping(path, node)
	f.allow("name", "namespace", "environment", "tier", "team", "slo")
	name := f.text("name")
	if name == "" {
		f.fail(node, "name", errors.New("must be the service.name of the service"))
	}
	tier := DefaultTier
	if at, given := f.values["tier"]; given {
		tier = f.text("tier")
		if _, known := tiers[tier]; !known {
			f.fail(at, "tier", fmt.Errorf("must be one of %s, not %q", strings.Join(slices.Sorted(maps.Keys(tiers)), ", "), tier))
		}
	}
	p := tiers[tier]
	p.read(errs.mapping(path+".slo", f.values["slo"]))
	e := p.entry()
	e.Service = Service{Namespace: f.text("namespace"), Name: name, Environment: f.text("environment")}
	e.Listed, e.Tier, e.Team = true, tier, f.text("team")
	return e, name != ""
}

// content returns the root of a document, or nil if the file is empty.
func content(doc *yaml.Node) *yaml.Node {
	if len(doc.Content) == 0 {
		return nil
	}
	return doc.Content[0]
}
