// SPDX-License-Identifier: Apache-2.0

package indicator

// All returns the built-in indicators, one line each: the only place that lists
// them.
func All() []*Indicator {
	return []*Indicator{
		httpAvailability(),
		httpLatency(),
		grpcAvailability(),
		grpcLatency(),
		dbAvailability(),
		dbLatency(),
	}
}

// Names returns the names of the built-in indicators, in the order of All.
func Names() []string {
	all := All()
	names := make([]string, len(all))
	for i, ind := range all {
		names[i] = ind.Name
	}
	return names
}
