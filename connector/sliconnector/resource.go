// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/internal/slo"
)

// serviceOf reads whose data it is. The name is empty if the attributes do not
// say. The strings are those of the data and stay valid.
func serviceOf(attributes pcommon.Map) slo.Service {
	s := slo.Service{
		Namespace:   textAt(attributes, semconv.ServiceNamespace),
		Name:        textAt(attributes, semconv.ServiceName),
		Environment: textAt(attributes, semconv.DeploymentEnvironment),
	}
	if s.Environment == "" {
		s.Environment = textAt(attributes, semconv.DeploymentEnvironmentOld)
	}
	return s
}

// putService writes what serviceOf reads; what is empty is left out.
func putService(attributes pcommon.Map, s slo.Service) {
	attributes.PutStr(semconv.ServiceName, s.Name)
	if s.Namespace != "" {
		attributes.PutStr(semconv.ServiceNamespace, s.Namespace)
	}
	if s.Environment != "" {
		attributes.PutStr(semconv.DeploymentEnvironment, s.Environment)
	}
}

func textAt(attributes pcommon.Map, name string) string {
	v, ok := attributes.Get(name)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return v.Str()
}
