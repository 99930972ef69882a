// SPDX-License-Identifier: Apache-2.0

package admission

import "github.com/sloe-dev/sloe/internal/slo"

// Keys are the annotations and labels that name a service, the first that is set
// wins. Annotations are looked at before labels, and those of the pods' template
// before those of the object.
type Keys struct {
	Service     []string
	Namespace   []string
	Environment []string
}

// DefaultKeys are those of the OpenTelemetry conventions for Kubernetes, and the
// recommended labels of Kubernetes.
// Source: https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/
func DefaultKeys() Keys {
	return Keys{
		Service:     []string{"resource.opentelemetry.io/service.name", "app.kubernetes.io/instance", "app.kubernetes.io/name"},
		Namespace:   []string{"resource.opentelemetry.io/service.namespace"},
		Environment: []string{"resource.opentelemetry.io/deployment.environment.name"},
	}
}

// identify returns the service of an object. A name that is empty was not found.
func (k Keys) identify(o *object) slo.Service {
	return slo.Service{Name: o.first(k.Service), Namespace: o.first(k.Namespace), Environment: o.first(k.Environment)}
}

func (o *object) first(keys []string) string {
	for _, key := range keys {
		for _, m := range o.sources() {
			if v := m.Annotations[key]; v != "" {
				return v
			}
			if v := m.Labels[key]; v != "" {
				return v
			}
		}
	}
	return ""
}
