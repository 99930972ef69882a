// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// Labels that make up a service in Prometheus.
const (
	labelName        = "service_name"
	labelNamespace   = "service_namespace"
	labelEnvironment = "deployment_environment_name"
)

// region is where a catalogue entry is in force: its own service, less what more
// specific entries of the same name take. It is a union of disjoint boxes.
type region []box

// box is a list of matchers, all of which hold.
type box struct {
	name                   string
	namespace, environment side
}

// side is one label of a box: fixed to a value, or anything but some values.
type side struct {
	value string // if fixed
	fixed bool
	not   []string
}

// regionOf returns where entry i of a catalogue is in force.
func regionOf(entries []slo.Entry, sameName []int, i int) region {
	own := entries[i].Service
	r := region{{name: own.Name, namespace: given(own.Namespace), environment: given(own.Environment)}}
	for _, j := range sameName {
		if other := entries[j].Service; moreSpecific(other, own) {
			r = r.without(other)
		}
	}
	return r
}

func given(value string) side { return side{value: value, fixed: value != ""} }

// moreSpecific tells whether a catalogue prefers the entry of a to that of b: a
// namespace narrows more than an environment.
func moreSpecific(a, b slo.Service) bool {
	weight := func(s slo.Service) (n int) {
		if s.Namespace != "" {
			n += 2
		}
		if s.Environment != "" {
			n++
		}
		return n
	}
	return weight(a) > weight(b)
}

// without cuts out what another entry of the same name takes.
func (r region) without(other slo.Service) region {
	var out region
	for _, b := range r {
		if !b.namespace.meets(other.Namespace) || !b.environment.meets(other.Environment) {
			out = append(out, b)
			continue
		}
		if other.Namespace != "" && !b.namespace.fixed {
			rest := b
			rest.namespace = b.namespace.except(other.Namespace)
			out = append(out, rest)
			b.namespace = given(other.Namespace)
		}
		if other.Environment != "" && !b.environment.fixed {
			rest := b
			rest.environment = b.environment.except(other.Environment)
			out = append(out, rest)
		}
	}
	return out
}

// meets tells whether the side and a named value, or any for "", overlap.
func (s side) meets(value string) bool {
	if value == "" {
		return true
	}
	if s.fixed {
		return s.value == value
	}
	return !slices.Contains(s.not, value)
}

func (s side) except(value string) side { return side{not: append(slices.Clone(s.not), value)} }

func (b box) matchers() []string {
	m := []string{equal(labelName, b.name)}
	m = append(m, b.namespace.matchers(labelNamespace)...)
	return append(m, b.environment.matchers(labelEnvironment)...)
}

func (s side) matchers(label string) []string {
	if s.fixed {
		return []string{equal(label, s.value)}
	}
	var m []string
	for _, value := range s.not {
		m = append(m, label+"!="+strconv.Quote(value))
	}
	return m
}

// series reads a metric, or a recorded series, throughout the region.
func (r region) series(metric string, more ...string) string { return r.each(metric, "%", more...) }

// each puts every selector of the region into a shape, in which % stands for it,
// and joins them.
func (r region) each(metric, shape string, more ...string) string {
	var parts []string
	for _, b := range r {
		selector := metric + "{" + strings.Join(append(b.matchers(), more...), ",") + "}"
		parts = append(parts, strings.ReplaceAll(shape, "%", selector))
	}
	return strings.Join(parts, " or ")
}

func equal(label, value string) string { return label + "=" + strconv.Quote(value) }
