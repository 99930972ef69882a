// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"strings"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Names says by which names the duration histograms are written.
type Names uint8

// Names of the histograms.
const (
	// Stable are those of the current conventions.
	Stable Names = iota
	// Legacy are older ones, which dashboards still have.
	Legacy
	// Both are both: as attributes of one histogram where its own name is the same.
	Both
)

// older are the names that a metric had before.
type older struct {
	metric     string
	attributes map[string]string
}

// Those of HTTP are the same, but for the path as an attribute: see protocol.Call.Paths.
var (
	olderRPC = map[string]string{
		semconv.RPCSystemName: semconv.RPCSystemOld, semconv.RPCResponseStatusCode: semconv.RPCGRPCStatusCodeOld,
	}
	olderDB = map[string]string{
		semconv.DBSystemName: semconv.DBSystemOld, semconv.DBOperationName: semconv.DBOperationOld,
		semconv.DBCollectionName: semconv.DBCollectionOld, semconv.DBNamespace: semconv.DBNamespaceOld,
	}
	olderNames = map[string]older{
		semconv.RPCServerCallDuration:     {semconv.RPCServerDurationOld, olderRPC},
		semconv.RPCClientCallDuration:     {semconv.RPCClientDurationOld, olderRPC},
		semconv.DBClientOperationDuration: {semconv.DBClientOperationDuration, olderDB},
		semconv.DBServerOperationDuration: {semconv.DBServerOperationDuration, olderDB},
	}
)

// written is a series under one name.
type written struct {
	metric     string
	attributes []protocol.Attribute
}

// write returns a series as it is to be written. No two series become one: the older
// attributes say the same.
func (n Names) write(metric string, attributes []protocol.Attribute) []written {
	old, renamed := olderNames[metric]
	switch {
	case n == Stable || !renamed:
		return []written{{metric, attributes}}
	case n == Legacy:
		return []written{{old.metric, old.rename(attributes, false)}}
	case old.metric == metric:
		return []written{{metric, old.rename(attributes, true)}}
	}
	return []written{{metric, attributes}, {old.metric, old.rename(attributes, false)}}
}

// rename returns the attributes by their older names, and the newer ones too if they
// are to be kept.
func (o *older) rename(attributes []protocol.Attribute, keep bool) []protocol.Attribute {
	out := make([]protocol.Attribute, 0, len(attributes)+2)
	for _, a := range attributes {
		name, renamed := o.attributes[a.Key]
		switch {
		case a.Key == semconv.RPCMethod:
			out = appendMethod(out, a)
			continue
		case !renamed:
			out = append(out, a)
			continue
		case keep:
			out = append(out, a)
		}
		a.Key = name
		out = append(out, a)
	}
	return out
}

// appendMethod writes service and method apart. One that is not known has no service.
func appendMethod(out []protocol.Attribute, full protocol.Attribute) []protocol.Attribute {
	service, method, ok := strings.Cut(full.Text, "/")
	if !ok {
		return append(out, full)
	}
	out = append(out, protocol.Attribute{Key: semconv.RPCServiceOld, Text: service})
	full.Text = method
	return append(out, full)
}
