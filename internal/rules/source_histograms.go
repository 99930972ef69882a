// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/internal/slo"
)

// histograms reads the duration histograms of the semantic conventions. It
// decides between good and bad as the sli connector does of spans.
type histograms struct {
	http, grpc, db     string // metrics, without _bucket and _count
	grpcCode, dbSystem string // labels
	dbErrors           bool   // whether db has error_type
}

// Patterns of gRPC's status codes by name and, as older instrumentation has
// them, by number (https://grpc.io/docs/guides/status-codes/). Those that blame
// the server are bad (semantic conventions, gRPC status).
const (
	grpcBad  = "UNKNOWN|DEADLINE_EXCEEDED|UNIMPLEMENTED|INTERNAL|UNAVAILABLE|DATA_LOSS|2|4|12|13|14|15"
	grpcGood = "OK|CANCELLED|INVALID_ARGUMENT|NOT_FOUND|ALREADY_EXISTS|PERMISSION_DENIED|RESOURCE_EXHAUSTED|" +
		"FAILED_PRECONDITION|ABORTED|OUT_OF_RANGE|UNAUTHENTICATED|0|1|3|5|6|7|8|9|10|11|16"
)

// The outcome is a label of Sloe's own receiver: requests whose client left first
// are excluded, those that the server left without an answer are never fast, and those
// whose answer it broke off failed, whatever their status.
const (
	notLeft  = `sloe_exchange_outcome!="aborted_by_client"`
	whole    = `sloe_exchange_outcome!~"aborted_by_client|truncated"`
	cut      = `sloe_exchange_outcome="truncated"`
	answered = `sloe_exchange_outcome=~"|truncated"`
	failed   = `error_type!=""`
)

var newHistograms = histograms{
	http: "http_server_request_duration_seconds", grpc: "rpc_server_call_duration_seconds",
	db: "db_client_operation_duration_seconds", grpcCode: "rpc_response_status_code",
	dbSystem: "db_system_name", dbErrors: true,
}

var oldHistograms = histograms{
	http: "http_server_request_duration_seconds", grpc: "rpc_server_duration_seconds",
	db: "db_client_operation_duration_seconds", grpcCode: "rpc_grpc_status_code",
	dbSystem: "db_system",
}

func (h histograms) lacks(o slo.Objective) string {
	indicator := o.Indicator
	if o.Felt {
		return "the duration histograms begin when the server reads a request, and do not hold what its caller felt; the source " + SLIEvents + " does"
	}
	if indicator == slo.DBAvailability && !h.dbErrors {
		return "the older database histogram does not say which calls failed"
	}
	if !slices.Contains(Indicators, indicator) {
		return "no duration histogram holds it; the source " + SLIEvents + " does"
	}
	return ""
}

func (h histograms) metric(indicator string) string {
	switch indicator {
	case slo.HTTPAvailability, slo.HTTPLatency:
		return h.http
	case slo.GRPCAvailability, slo.GRPCLatency:
		return h.grpc
	}
	return h.db
}

// by returns the labels besides the service's that a ratio is kept apart by: a
// database that fails must not hide behind another.
func (h histograms) by(indicator string) []string {
	if h.metric(indicator) == h.db {
		return []string{h.dbSystem}
	}
	return nil
}

// outcomes returns the lists of matchers of bad, good and valid events.
func (h histograms) outcomes(indicator string) (bad, good, valid [][]string) {
	switch h.metric(indicator) {
	case h.http:
		const code = "http_response_status_code"
		return [][]string{{code + `=~"5.."`, notLeft}, {code + `!=""`, code + `!~"5.."`, cut}, {code + `=""`, failed, notLeft}},
			[][]string{{code + `!=""`, code + `!~"5.."`, whole}},
			[][]string{{code + `!=""`, notLeft}, {code + `=""`, failed, notLeft}}
	case h.grpc:
		matches := func(codes string) string { return h.grpcCode + `=~"` + codes + `"` }
		unknown := h.grpcCode + `!~"` + grpcGood + "|" + grpcBad + `"`
		return [][]string{{matches(grpcBad), notLeft}, {unknown, failed, notLeft}},
			[][]string{{matches(grpcGood), notLeft}},
			[][]string{{matches(grpcGood + "|" + grpcBad), notLeft}, {unknown, failed, notLeft}}
	}
	return [][]string{{failed, notLeft}}, [][]string{{`error_type=""`, notLeft}}, [][]string{{notLeft}}
}

func (h histograms) counts(r region, o objective, window string) counts {
	metric, by := h.metric(o.indicator), h.by(o.indicator)
	bad, good, valid := h.outcomes(o.indicator)
	count := func(alternatives [][]string) string {
		return sum(rates(r, metric+"_count", window, alternatives...), by...)
	}
	all := count(valid)
	if !isLatency(o.indicator) {
		return counts{good: count(good), bad: count(bad), valid: all, zero: "0 * " + all}
	}
	bucket := func(outcome string) string {
		var fast [][]string
		for _, matchers := range valid {
			fast = append(fast, append([]string{edge(seconds(o.threshold)), outcome}, without(matchers, notLeft)...))
		}
		return sum(rates(r, metric+"_bucket", window, fast...), by...)
	}
	// A histogram without an edge at the threshold has no answer: the absence of
	// the bucket must not read as an outage.
	return counts{good: bucket(answered), valid: all, zero: "0 * " + bucket(notLeft)}
}

func (h histograms) traffic(r region, window string) []string {
	return []string{sum(rates(r, h.http+"_count", window)), sum(rates(r, h.grpc+"_count", window)), sum(rates(r, h.db+"_count", window))}
}

// edge matches a bucket in Prometheus 2, which writes 1, and 3, which writes 1.0.
func edge(le string) string {
	if strings.Contains(le, ".") {
		return equal("le", le)
	}
	return `le=~"` + le + `(\\.0)?"`
}

func without(matchers []string, one string) []string {
	var out []string
	for _, m := range matchers {
		if m != one {
			out = append(out, m)
		}
	}
	return out
}

// inputs give good events a status and a duration that are good, and bad ones
// neither: availability and latency go the same way.
func (h histograms) inputs(s testService, o objective) []input {
	metric := h.metric(o.indicator)
	ok, broken := h.statuses(o.indicator)
	all := []input{{series: s.series(metric+"_count", ok...), good: 1}, {series: s.series(metric+"_count", broken...), bad: 1}}
	if isLatency(o.indicator) {
		le := equal("le", seconds(o.threshold))
		all = append(all, input{series: s.series(metric+"_bucket", append(ok, le)...), good: 1}, input{series: s.series(metric+"_bucket", append(broken, le)...)})
	}
	return all
}

// statuses returns the labels of a good and of a bad event.
func (h histograms) statuses(indicator string) (ok, broken []string) {
	switch h.metric(indicator) {
	case h.http:
		const code = "http_response_status_code"
		return []string{equal(code, "200")}, []string{equal(code, "503"), equal("error_type", "503")}
	case h.grpc:
		return []string{equal(h.grpcCode, "OK")}, []string{equal(h.grpcCode, "UNAVAILABLE")}
	}
	return []string{equal(h.dbSystem, "postgresql")}, []string{equal(h.dbSystem, "postgresql"), equal("error_type", "timeout")}
}
