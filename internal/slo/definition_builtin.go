// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"regexp"
	"strconv"
	"time"
)

// versions of the rules of the built-in indicators. One grows when its rule
// changes, so that counts by the old rule and the new one are never added up.
var versions = map[string]string{
	HTTPAvailability: "1",
	HTTPLatency:      "1",
	GRPCAvailability: "1",
	GRPCLatency:      "1",
	DBAvailability:   "1",
	DBLatency:        "1",
}

// BuiltInDefinition returns the definition of a built-in indicator by a latency
// limit, on which availability does not depend. It tells whether the indicator is
// one.
func BuiltInDefinition(indicator string, limit Limit) (Definition, bool) {
	version, ok := versions[indicator]
	switch {
	case !ok:
		return "", false
	case !IsLatency(indicator):
		return DefinitionOf(indicator, version), true
	case limit.Felt:
		return DefinitionOf(indicator, version, "threshold="+limit.Threshold.String(), "felt"), true
	}
	return DefinitionOf(indicator, version, "threshold="+limit.Threshold.String()), true
}

// DefinitionOf returns the definition by which a series of built-in counts is
// counted now: that of its indicator by the service's limit, or by the one in
// the name of a series that is counted apart. It tells whether there is one: what
// an indicator of one's own decides by, only its counter knows.
func (e Entry) DefinitionOf(series string) (Definition, bool) {
	if parts := apartParts.FindStringSubmatch(series); parts != nil {
		ms, err := strconv.ParseInt(parts[3], 10, 32)
		if err != nil {
			return "", false
		}
		return BuiltInDefinition(parts[1], Limit{Threshold: time.Duration(ms) * time.Millisecond, Felt: parts[2] != ""})
	}
	return BuiltInDefinition(series, e.Limit(series))
}

// apartParts are the indicator and the limit in the name of a series that is
// counted apart.
var apartParts = regexp.MustCompile(`^(.*` + latencySuffix + `)(` + feltInfix + `)?_([0-9]+)ms$`)
