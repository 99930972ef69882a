// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/naming"
)

// Resource attributes that only this processor reads.
const (
	sdkLanguage             = "telemetry.sdk.language"
	processWorkingDirectory = "process.working_directory"
)

// processOf reads what the resource says of its process. The strings are those
// of the resource.
func processOf(attributes pcommon.Map) naming.Process {
	p := naming.Process{
		Executable: text(attributes, semconv.ProcessExecutableName),
		Path:       text(attributes, semconv.ProcessExecutablePath),
		Folder:     text(attributes, processWorkingDirectory),
	}
	v, ok := attributes.Get(semconv.ProcessCommandArgs)
	if !ok || v.Type() != pcommon.ValueTypeSlice || v.Slice().Len() == 0 {
		return p
	}
	args := v.Slice()
	p.Args = make([]string, args.Len())
	for i := range args.Len() {
		p.Args[i] = args.At(i).AsString()
	}
	return p
}

func text(attributes pcommon.Map, name string) string {
	v, ok := attributes.Get(name)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}
