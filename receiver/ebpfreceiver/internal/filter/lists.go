// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/confmap"
)

// Lists say whose requests are counted: those of processes that an entry of
// Include fits, or all if it is empty, without those that one of Exclude fits.
type Lists struct {
	Include []Entry `mapstructure:"include"`
	Exclude []Entry `mapstructure:"exclude"`
}

// Empty tells whether the lists leave nothing out.
func (l *Lists) Empty() bool { return len(l.Include) == 0 && len(l.Exclude) == 0 }

// Entry holds the values of each condition. An entry fits if all of its
// conditions do, a condition if one of its values does. A text is compared as a
// whole, * standing for any characters and ? for one.
type Entry struct {
	Executable          []string `mapstructure:"executable"`
	CommandLine         []string `mapstructure:"command_line"`
	User                []string `mapstructure:"user"`
	Cgroup              []string `mapstructure:"cgroup"`
	Container           []string `mapstructure:"container"`
	KubernetesNamespace []string `mapstructure:"kubernetes_namespace"`
	KubernetesPod       []string `mapstructure:"kubernetes_pod"`
	Port                []string `mapstructure:"port"`
}

// conditions are the keys of an entry.
func (e *Entry) conditions() map[string]*[]string {
	return map[string]*[]string{
		"executable":           &e.Executable,
		"command_line":         &e.CommandLine,
		"user":                 &e.User,
		"cgroup":               &e.Cgroup,
		"container":            &e.Container,
		"kubernetes_namespace": &e.KubernetesNamespace,
		"kubernetes_pod":       &e.KubernetesPod,
		"port":                 &e.Port,
	}
}

var _ confmap.Unmarshaler = (*Entry)(nil)

// Unmarshal takes one value or a list of them for each condition. Ports
// and users may be numbers.
func (e *Entry) Unmarshal(conf *confmap.Conf) error {
	conditions := e.conditions()
	var errs []error
	for key, value := range conf.ToStringMap() {
		to, ok := conditions[key]
		if !ok {
			errs = append(errs, fmt.Errorf("`%s` is no condition: there are %s", key, strings.Join(names(conditions), ", ")))
			continue
		}
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		*to = nil
		for _, v := range values {
			text, isText := v.(string)
			if n, ok := v.(int); ok && (key == "port" || key == "user") {
				text, isText = strconv.Itoa(n), true
			}
			if !isText { // of a number like 0123 YAML does not tell how it was written
				errs = append(errs, fmt.Errorf("`%s` must be a text or a list of texts: put %v in quotes", key, v))
			}
			*to = append(*to, text)
		}
	}
	return errors.Join(errs...)
}

func names[V any](m map[string]V) []string {
	var out []string
	for name := range m {
		out = append(out, "`"+name+"`")
	}
	slices.Sort(out)
	return out
}

// Check checks the lists without putting them in force. Its errors name the
// key.
func (l *Lists) Check() error {
	_, err := Compile(l, nil)
	return err
}
