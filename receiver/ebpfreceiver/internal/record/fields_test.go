// SPDX-License-Identifier: Apache-2.0

package record

import (
	"reflect"
	"strings"
)

// field of a struct, of C or of Go.
type field struct {
	name   string
	offset uint32
	size   uint32
}

// plain makes start_ns and StartNs one name.
func plain(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

func fieldsOf(v any) []field {
	var out []field
	t := reflect.TypeOf(v)
	for f := range t.Fields() {
		if f.Name == "_" { // structs.HostLayout
			continue
		}
		out = append(out, field{plain(f.Name), uint32(f.Offset), uint32(f.Type.Size())})
	}
	return out
}
