// SPDX-License-Identifier: Apache-2.0

package openslo

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Options of an import.
type Options struct {
	// Indicators names the indicator of an SLI or SLO whose own words do not tell
	// it, by metadata.name.
	Indicators map[string]string
}

// Import makes a catalogue of OpenSLO documents, and says what of them is not in
// it. The error joins what is wrong with the documents, each by file and line.
func Import(sources []slo.Source, options Options) ([]byte, []Note, error) {
	im := &importer{options: options, byName: map[string]*document{}, services: map[string]*service{}}
	var errs []error
	for _, source := range sources {
		found, wrong := read(source)
		errs = append(errs, wrong...)
		for _, d := range found {
			if first, twice := im.byName[d.kind+" "+d.name]; twice {
				errs = append(errs, &slo.Mistake{File: d.file, Line: d.root.node.Line,
					Text: fmt.Sprintf("%s %s is given again, which %s:%d has", d.kind, d.name, first.file, first.root.node.Line)})
				continue
			}
			im.byName[d.kind+" "+d.name] = d
			im.documents = append(im.documents, d)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	for _, services := range []bool{true, false} { // SLOs ask what their services say
		for _, d := range im.documents {
			if (d.kind == "Service") == services {
				im.document(d)
			}
		}
	}
	for _, d := range im.documents {
		im.remains(d)
	}
	slices.SortStableFunc(im.notes, func(a, b Note) int {
		if c := strings.Compare(a.File, b.File); c != 0 {
			return c
		}
		return a.Line - b.Line
	})
	im.notes = slices.Compact(im.notes) // an SLI may have several SLOs
	out, err := encode(catalogueFile{Services: im.order})
	if err != nil {
		return nil, nil, err
	}
	if _, err := slo.ParseCatalogue("the imported catalogue", out); err != nil {
		return nil, nil, fmt.Errorf("import OpenSLO: %w", err)
	}
	return out, im.notes, nil
}

type importer struct {
	options   Options
	documents []*document
	byName    map[string]*document // by kind and name
	services  map[string]*service  // by the OpenSLO name
	order     []*service
	notes     []Note
}

func (im *importer) note(d *document, line int, effect Effect, format string, args ...any) {
	if line == 0 {
		line = d.root.node.Line
	}
	im.notes = append(im.notes, Note{File: d.file, Line: line, Kind: d.kind, Name: d.name, Effect: effect, Text: fmt.Sprintf(format, args...)})
}

// leaveOut notes that nothing of a document is in the catalogue.
func (im *importer) leaveOut(d *document, line int, format string, args ...any) {
	d.skipped = true
	im.note(d, line, LeftOut, format, args...)
}

func (im *importer) document(d *document) {
	switch d.kind {
	case "Service":
		im.service(d)
	case "SLO":
		im.slo(d)
	case "AlertPolicy":
		im.alertPolicy(d)
	case "AlertCondition":
		im.alertCondition(d, d.meta, d.spec)
	case "AlertNotificationTarget":
		im.leaveOut(d, 0, "alerts go to the Alertmanagers and webhooks of the extension's configuration")
	case "DataSource":
		im.leaveOut(d, 0, "Sloe counts the events itself, or asks the Prometheus of the extension's configuration")
	}
}

// remains notes what nobody took of a document. SLIs are taken by the SLOs that
// refer to them.
func (im *importer) remains(d *document) {
	if d.skipped {
		return
	}
	if d.kind == "SLI" && !d.spec.taken["used"] {
		im.leaveOut(d, 0, "no SLO refers to it")
		return
	}
	d.root.rest(func(key string, line int) { im.note(d, line, LeftOut, "%s has no place in a catalogue", key) })
}

// service begins an entry of the catalogue.
func (im *importer) service(d *document) {
	s := im.serviceNamed(d.name)
	a := d.meta.child("annotations")
	if name := a.text(annotationName); name != "" {
		s.Name = name
	}
	s.Namespace, s.Environment, s.Team = a.text(annotationNamespace), a.text(annotationEnvironment), a.text(annotationTeam)
	s.Promise = im.embedded(d, a, annotationPromise)
	s.Policy = im.embedded(d, a, annotationPolicy)
	if tier := a.text(annotationTier); tier != "" {
		if slices.Contains([]string{"tier1", "tier2", "tier3"}, tier) {
			s.Tier = tier
		} else {
			im.note(d, a.lines[annotationTier], Changed, "the tier %s is none of the built-in ones; the service gets %s and what its annotation %s says", tier, slo.DefaultTier, annotationPromise)
		}
	}
}

// embedded reads an annotation that holds a mapping in YAML.
func (im *importer) embedded(d *document, annotations *object, key string) *yaml.Node {
	text := annotations.text(key)
	if text == "" {
		return nil
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		im.note(d, annotations.lines[key], LeftOut, "the annotation %s holds no mapping", key)
		return nil
	}
	doc.Content[0].Style = 0
	return doc.Content[0]
}

// serviceNamed returns the entry of a service, which need not have a document of
// its own.
func (im *importer) serviceNamed(name string) *service {
	s, ok := im.services[name]
	if !ok {
		s = &service{Name: name}
		im.services[name] = s
		im.order = append(im.order, s)
	}
	return s
}
