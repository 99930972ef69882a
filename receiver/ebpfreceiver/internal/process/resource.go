// SPDX-License-Identifier: Apache-2.0

package process

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// PutResource writes the attributes of the process's resource. service.name is
// there only if the process's environment gives it: naming is for the
// service_name processor.
func (id *Identity) PutResource(res pcommon.Resource) {
	m := res.Attributes()
	m.EnsureCapacity(6 + len(id.Attributes))
	for k, v := range id.Attributes {
		m.PutStr(k, v)
	}
	if id.ServiceName != "" {
		m.PutStr(semconv.ServiceName, id.ServiceName)
	}
	m.PutInt(semconv.ProcessPID, int64(id.PID))
	m.PutStr(semconv.ProcessExecutableName, id.Executable)
	if id.Path != "" {
		m.PutStr(semconv.ProcessExecutablePath, id.Path)
	}
	if len(id.Args) > 0 {
		args := m.PutEmptySlice(semconv.ProcessCommandArgs)
		args.EnsureCapacity(len(id.Args))
		for _, a := range id.Args {
			args.AppendEmpty().SetStr(a)
		}
	}
	if id.ContainerID != "" {
		m.PutStr(semconv.ContainerID, id.ContainerID)
	}
	if id.Pod.UID != "" {
		m.PutStr(semconv.K8SPodUID, id.Pod.UID)
	}
	if id.Pod.Name != "" {
		m.PutStr(semconv.K8SPodName, id.Pod.Name)
	}
	if id.Pod.Namespace != "" {
		m.PutStr(semconv.K8SNamespaceName, id.Pod.Namespace)
	}
}
