// SPDX-License-Identifier: Apache-2.0

package histograms

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// everyFamily counts one call of each, of an operation that spilled too.
func everyFamily(d *Durations, paths bool) {
	call := func(metric string, attributes ...protocol.Attribute) {
		for i := range attributes {
			attributes[i].Metric = attributes[i].Key != semconv.URLPath || paths
		}
		d.Record(nginx, &protocol.Call{Metric: metric, EndUnixNano: uint64(ms), Attributes: attributes})
	}
	text := func(key, value string) protocol.Attribute { return protocol.Attribute{Key: key, Text: value} }
	call(semconv.HTTPServerRequestDuration, text(semconv.HTTPRequestMethod, "GET"), text(semconv.URLPath, "/cart"), protocol.Attribute{Key: semconv.HTTPResponseStatusCode, Number: 200})
	call(semconv.RPCServerCallDuration, text(semconv.RPCSystemName, "grpc"), text(semconv.RPCMethod, "user.UserService/GetUser"), text(semconv.RPCResponseStatusCode, "OK"))
	call(semconv.RPCClientCallDuration, text(semconv.RPCSystemName, "grpc"), text(semconv.RPCMethod, "_OTHER"), text(semconv.ServerAddress, "users"))
	call(semconv.DBClientOperationDuration, text(semconv.DBSystemName, "postgresql"), text(semconv.DBOperationName, "SELECT"),
		text(semconv.DBCollectionName, "orders"), text(semconv.DBNamespace, "shop"), text(semconv.DBResponseStatusCode, "42P01"))
	d.RecordSpilled(nginx, &Spilled{Kind: protocol.Server, Metric: semconv.DBServerOperationDuration, System: "redis", StatusClass: semconv.StatusClassOK, Count: 1, Buckets: []uint64{1, 0, 0}}, 0)
}

// TestNames: what each choice of names writes of the same calls. No call is in one
// histogram twice.
func TestNames(t *testing.T) {
	const point = " Cumulative [0,9] 1 0.001s | [1 0 0] | "
	tests := map[Names][]string{
		Stable: {
			"db.client.operation.duration" + point + "db.collection.name=orders db.namespace=shop db.operation.name=SELECT db.response.status_code=42P01 db.system.name=postgresql",
			"http.server.request.duration" + point + "http.request.method=GET http.response.status_code=200",
			"rpc.client.call.duration" + point + "rpc.method=_OTHER rpc.system.name=grpc server.address=users",
			"rpc.server.call.duration" + point + "rpc.method=user.UserService/GetUser rpc.response.status_code=OK rpc.system.name=grpc",
			"sloe.db.server.operation.duration Cumulative [0,9] 1 0s | [1 0 0] | db.system.name=redis",
		},
		Legacy: {
			"db.client.operation.duration" + point + "db.name=shop db.operation=SELECT db.response.status_code=42P01 db.sql.table=orders db.system=postgresql",
			"http.server.request.duration" + point + "http.request.method=GET http.response.status_code=200 url.path=/cart",
			"rpc.client.duration" + point + "rpc.method=_OTHER rpc.system=grpc server.address=users",
			"rpc.server.duration" + point + "rpc.grpc.status_code=OK rpc.method=GetUser rpc.service=user.UserService rpc.system=grpc",
			"sloe.db.server.operation.duration Cumulative [0,9] 1 0s | [1 0 0] | db.system=redis",
		},
		Both: {
			"db.client.operation.duration" + point + "db.collection.name=orders db.name=shop db.namespace=shop db.operation.name=SELECT db.operation=SELECT " +
				"db.response.status_code=42P01 db.sql.table=orders db.system.name=postgresql db.system=postgresql",
			"http.server.request.duration" + point + "http.request.method=GET http.response.status_code=200 url.path=/cart",
			"rpc.client.call.duration" + point + "rpc.method=_OTHER rpc.system.name=grpc server.address=users",
			"rpc.client.duration" + point + "rpc.method=_OTHER rpc.system=grpc server.address=users",
			"rpc.server.call.duration" + point + "rpc.method=user.UserService/GetUser rpc.response.status_code=OK rpc.system.name=grpc",
			"rpc.server.duration" + point + "rpc.grpc.status_code=OK rpc.method=GetUser rpc.service=user.UserService rpc.system=grpc",
			"sloe.db.server.operation.duration Cumulative [0,9] 1 0s | [1 0 0] | db.system.name=redis db.system=redis",
		},
	}
	for names, want := range tests {
		d := NewDurations(newLayout(twoEdges), names)
		everyFamily(d, names != Stable)
		got := export(t, d, 9)
		for i, line := range got {
			got[i] = strings.TrimPrefix(line, "nginx ")
		}
		assert.Equal(t, want, got, "names %d", names)
		assert.Equal(t, export(t, d, 9), export(t, d, 9), "writing changes nothing")
	}
}

// TestPathsAreBounded: callers choose paths. Those of one server do not take the room
// of others, and beyond it every call is counted still.
func TestPathsAreBounded(t *testing.T) {
	d := NewDurations(newLayout(twoEdges), Legacy)
	record := func(id *process.Identity, path string) {
		c := callOf(ms, 200)
		c.Attributes = c.Attributes[:0]
		c.Text(semconv.URLPath, path, true)
		d.Record(id, c)
	}
	for i := range maxPaths + 100 {
		record(nginx, "/"+strconv.Itoa(i))
	}
	record(nginx, "/0")
	record(redis, "/late")
	lines := export(t, d, 9000)
	require.Len(t, lines, maxPaths+1+1)
	assert.Contains(t, lines, "nginx http.server.request.duration Cumulative [1000,9000] 100 0.1s | [100 0 0] | url.path=_OTHER")
	assert.Contains(t, lines, "nginx http.server.request.duration Cumulative [1000,9000] 2 0.002s | [2 0 0] | url.path=/0")
	assert.Contains(t, lines, "redis http.server.request.duration Cumulative [1000,9000] 1 0.001s | [1 0 0] | url.path=/late")
	d.Forget(nginx)
	export(t, d, 9000)
	assert.Len(t, d.paths, 1, "an ended process keeps none")
}
