// SPDX-License-Identifier: Apache-2.0

package indicator

import (
	"github.com/sloe-dev/sloe/internal/slo"
)

// Indicator is one built-in service level indicator. It is immutable and may be
// used from any goroutine.
type Indicator struct {
	// Name is the value of sli.name.
	Name string
	// Family holds the events that are valid for it.
	Family Family

	judge func(*Event, slo.Limit) Verdict
}

// Judge tells good from bad. The limit is that of an objective about latency;
// indicators of availability ignore it. A histogram is either of what callers felt
// or not, and concerns those objectives alone that are about the same. What was never
// answered needs no duration to be judged: of that the one counts that holds all.
func (i *Indicator) Judge(e *Event, limit slo.Limit) Verdict {
	if e.Family != i.Family {
		return Verdict{}
	}
	if asksFelt := limit.Felt && e.Outcome.answered() && i.Timed(); e.Durations.Histogram && e.Durations.Felt != asksFelt {
		return Verdict{}
	}
	return i.judge(e, limit)
}

// Timed tells whether the indicator depends on a limit.
func (i *Indicator) Timed() bool { return slo.IsLatency(i.Name) }

// Definition identifies the rule, with the limit if it depends on it.
func (i *Indicator) Definition(limit slo.Limit) slo.Definition {
	definition, _ := slo.BuiltInDefinition(i.Name, limit) // it is one
	return definition
}

// availability is the rule that the availability indicators share: the families
// differ in what makes a status bad.
func availability(e *Event, _ slo.Limit) Verdict {
	switch {
	case e.Outcome == AbortedByClient:
		return left(e.Count, ExcludedByClient)
	case e.Outcome == AbortedByServer, e.Outcome == Truncated, e.Status == StatusBad:
		return Verdict{Bad: e.Count}
	case e.Status == StatusGood:
		return Verdict{Good: e.Count}
	default:
		return left(e.Count, StatusNotKnown)
	}
}

// latency is the rule that the latency indicators share: good is a duration of
// at most the threshold, over all requests, failed ones included. A request that
// was never answered is not fast, however soon the server gave up; one whose answer
// broke off took as long as it took.
func latency(e *Event, limit slo.Limit) Verdict {
	switch e.Outcome {
	case AbortedByClient:
		return left(e.Count, ExcludedByClient)
	case AbortedByServer:
		return Verdict{Bad: e.Count}
	}
	good, why := e.Durations.within(limit, e.Count)
	if why != "" {
		return left(e.Count, why)
	}
	return Verdict{Good: good, Bad: e.Count - good}
}
