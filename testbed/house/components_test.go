// SPDX-License-Identifier: Apache-2.0

package house

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/sloe-dev/sloe/connector/sliconnector"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver"
	"github.com/sloe-dev/sloe/testbed/workload/process"
)

// components are those of this repository, with the type that users write.
var components = []struct {
	dir, kind string
	factory   component.Factory
}{
	{receiverDir, "ebpf", ebpfreceiver.NewFactory()},
	{processorDir, "service_name", servicenameprocessor.NewFactory()},
	{connectorDir, "sli", sliconnector.NewFactory()},
	{extensionDir, "error_budget", errorbudgetextension.NewFactory()},
}

func TestEachComponentLooksLikeTheLast(t *testing.T) {
	for _, c := range components {
		t.Run(c.kind, func(t *testing.T) {
			assert.Equal(t, c.kind, c.factory.Type().String())
			for _, name := range []string{
				"doc.go", "factory.go", "config.go", "config_test.go", "metadata.yaml", "README.md", "generated_component_test.go",
			} {
				assert.FileExists(t, filepath.Join(process.Root(t), c.dir, name))
			}
		})
	}
}

func TestReadmeNamesEachKey(t *testing.T) {
	for _, c := range components {
		t.Run(c.kind, func(t *testing.T) {
			readme, err := os.ReadFile(filepath.Join(process.Root(t), c.dir, "README.md"))
			require.NoError(t, err)
			keys := configKeys(reflect.TypeOf(c.factory.CreateDefaultConfig()), "")
			require.NotEmpty(t, keys, "the configuration has no key")
			for _, key := range keys {
				// A key stands in the table whole, or as the last part of a nested one.
				last := key[strings.LastIndexByte(key, '.')+1:]
				found := strings.Contains(string(readme), "`"+key+"`") ||
					last != key && strings.Contains(string(readme), "`"+last+"`")
				assert.True(t, found, "README.md does not name `%s`", key)
			}
		})
	}
}

// configKeys returns the keys of a configuration with dots between the levels.
// Structures of other modules (confighttp) are documented there: their key is
// named, theirs below it are not.
func configKeys(typ reflect.Type, prefix string) []string {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || !strings.HasPrefix(typ.PkgPath(), module) {
		return nil
	}
	var keys []string
	for _, field := range reflect.VisibleFields(typ) {
		name, options, _ := strings.Cut(field.Tag.Get("mapstructure"), ",")
		switch {
		case !field.IsExported() || name == "-" || len(field.Index) > 1:
		case strings.Contains(options, "squash"):
			keys = append(keys, configKeys(field.Type, prefix)...)
		case name != "":
			keys = append(keys, prefix+name)
			keys = append(keys, configKeys(field.Type, prefix+name+".")...)
		}
	}
	return keys
}

func TestConfigKeysAreFound(t *testing.T) {
	type Inner struct {
		Deep int `mapstructure:"deep"`
	}
	type config struct {
		Inner   `mapstructure:",squash"`
		Name    string            `mapstructure:"name"`
		List    []Inner           `mapstructure:"list"`
		Foreign reflect.Method    `mapstructure:"foreign"`
		ByName  map[string]*Inner `mapstructure:"by_name"`
		Ignored int               `mapstructure:"-"`
	}
	assert.Equal(t,
		[]string{"deep", "name", "list", "list.deep", "foreign", "by_name", "by_name.deep"},
		configKeys(reflect.TypeOf(config{}), ""))
}
