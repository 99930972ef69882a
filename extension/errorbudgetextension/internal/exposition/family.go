// SPDX-License-Identifier: Apache-2.0

package exposition

import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/assess"

// family is a metric: what it is about, and how its series are written. Either one
// value, or series of each service, or series of each objective.
type family struct {
	name, help string

	one       func(*assess.Assessor) float64
	service   func(t *text, name string, s *serviceRow)
	objective func(t *text, name string, o *objectiveRow)
}

// ofService is a metric of one series a service.
func ofService(name, help string, value func(*serviceRow) float64) family {
	return family{name: name, help: help, service: func(t *text, name string, s *serviceRow) { t.sample(name, s.labels, "", value(s)) }}
}

// ofObjective is a metric of at most one series an objective: none if its value is
// not known.
func ofObjective(name, help string, value func(*objectiveRow) (v float64, known bool)) family {
	return ofLabelled(name, help, func(o *objectiveRow) []byte { return o.labels }, value)
}

// ofLabelled is ofObjective under labels of its own.
func ofLabelled(name, help string, labels func(*objectiveRow) []byte, value func(*objectiveRow) (v float64, known bool)) family {
	return family{name: name, help: help, objective: func(t *text, name string, o *objectiveRow) {
		if v, known := value(o); known {
			t.sample(name, labels(o), "", v)
		}
	}}
}

// known is the result of a value that there always is.
func known(v float64) (float64, bool) { return v, true }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
