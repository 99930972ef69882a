// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"

	"go.yaml.in/yaml/v3"
)

//go:embed tables.yaml
var tablesYAML []byte

// set is a list of the tables, made for look-ups.
type set map[string]struct{}

func (s set) has(name string) bool {
	_, ok := s[name]
	return ok
}

// UnmarshalYAML reads a list.
func (s *set) UnmarshalYAML(node *yaml.Node) error {
	var list []string
	if err := node.Decode(&list); err != nil {
		return err
	}
	*s = set{}
	for _, name := range list {
		(*s)[name] = struct{}{}
	}
	return nil
}

// Tables is what is known of interpreters; tables.yaml explains each list. It is
// immutable and may be used from any goroutine.
type Tables struct {
	GenericScripts set `yaml:"generic_scripts"`
	GenericModules set `yaml:"generic_modules"`
	GenericClasses set `yaml:"generic_classes"`
	GenericJars    set `yaml:"generic_jars"`
	GenericFolders set `yaml:"generic_folders"`

	Languages map[string]*language `yaml:"languages"`
	Titles    []string             `yaml:"titles"`

	byExecutable map[string]*language
	bySDK        map[string]*language
	titles       []*regexp.Regexp
}

// options are the options of an interpreter or a runner.
type options struct {
	Clusters bool `yaml:"clusters"`
	Value    set  `yaml:"value_options"`
	Code     set  `yaml:"code_options"`
	Module   set  `yaml:"module_options"`
	Name     set  `yaml:"name_options"`
	App      set  `yaml:"app_options"`
	Folder   set  `yaml:"folder_options"`
	Config   set  `yaml:"config_options"`
}

// language is one interpreter.
type language struct {
	options `yaml:",inline"`

	name            string
	Executables     []string           `yaml:"executables"`
	SDK             string             `yaml:"sdk"`
	Extensions      []string           `yaml:"extensions"`
	Subcommands     set                `yaml:"subcommands"`
	Launchers       set                `yaml:"launchers"`
	PackageManagers set                `yaml:"package_managers"`
	Runners         map[string]*runner `yaml:"runners"`
	Properties      []string           `yaml:"properties"`
	Mains           map[string]string  `yaml:"mains"`
	Anywhere        bool               `yaml:"anywhere"`
}

// runner is a program that loads an application into its interpreter.
type runner struct {
	options `yaml:",inline"`

	Subcommands set  `yaml:"subcommands"`
	Target      bool `yaml:"target"`
	Tool        bool `yaml:"tool"`
}

// Load returns the embedded tables.
func Load() (*Tables, error) {
	t := &Tables{byExecutable: map[string]*language{}, bySDK: map[string]*language{}}
	d := yaml.NewDecoder(bytes.NewReader(tablesYAML))
	d.KnownFields(true) // a key with a typing error would silently know nothing
	if err := d.Decode(t); err != nil {
		return nil, fmt.Errorf("read the tables of interpreters: %w", err)
	}
	for name, l := range t.Languages {
		l.name = name
		for _, exe := range l.Executables {
			t.byExecutable[exe] = l
		}
		if l.SDK != "" {
			t.bySDK[l.SDK] = l
		}
	}
	for _, title := range t.Titles {
		re, err := regexp.Compile(title)
		if err != nil {
			return nil, fmt.Errorf("read the tables of interpreters: %w", err)
		}
		t.titles = append(t.titles, re)
	}
	return t, nil
}
