// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// metadata is what names a service.
type metadata struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// template is what pods are made from.
type template struct {
	Metadata metadata        `json:"metadata"`
	Spec     json.RawMessage `json:"spec"`
}

// object is what all kinds that make pods have in common: Deployment,
// StatefulSet, DaemonSet, ReplicaSet, Job and Argo's Rollout have spec.template,
// a CronJob has spec.jobTemplate.spec.template, a Pod is itself one.
type object struct {
	Kind     string   `json:"kind"`
	Metadata metadata `json:"metadata"`
	Spec     struct {
		Template    *template `json:"template"`
		JobTemplate *struct {
			Spec struct {
				Template *template `json:"template"`
			} `json:"spec"`
		} `json:"jobTemplate"`
	} `json:"spec"`
}

// parseObject reads an object; a missing one is nil.
func parseObject(data json.RawMessage) (*object, error) {
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return nil, nil
	}
	var o object
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("the object cannot be read: %w", err)
	}
	return &o, nil
}

// pods returns the template, nil if the object has none.
func (o *object) pods() *template {
	if o.Spec.JobTemplate != nil {
		return o.Spec.JobTemplate.Spec.Template
	}
	return o.Spec.Template
}

// sources returns where names are looked for, the nearest to the pods first.
func (o *object) sources() []metadata {
	if t := o.pods(); t != nil {
		return []metadata{t.Metadata, o.Metadata}
	}
	return []metadata{o.Metadata}
}

// sameRelease tells whether an update leaves the pods' specification as it was:
// a change of scale, of status or of a label is no release, and is not to be
// denied in a freeze. Both objects were accepted by the API server, so that equal
// specifications are equal JSON but for the order of keys.
func sameRelease(before, after *object) bool {
	a, b := before.pods(), after.pods()
	if a == nil || b == nil {
		return false
	}
	var x, y any
	if json.Unmarshal(a.Spec, &x) != nil || json.Unmarshal(b.Spec, &y) != nil {
		return false
	}
	return reflect.DeepEqual(x, y)
}
