// SPDX-License-Identifier: Apache-2.0

// Package registry shows which protocols exist: one line each. It is apart from
// the package protocol, which the parsers import.
package registry // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"

import (
	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/memcached"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/mysql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/postgresql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/redis"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Entry is a protocol: its parser, and what is known of an exchange of which the
// kernel tells no more than the protocol.
type Entry struct {
	Parser protocol.Parser
	// Family is the value of sloe.protocol, and Group the value of the configuration
	// key protocols that it belongs to.
	Family, Group string
	// System is the value of db.system.name, empty if it is no database.
	System string
	// ServerMetric and ClientMetric are the names of the duration histograms.
	ServerMetric, ClientMetric string
}

func http(p protocol.Parser) Entry {
	return Entry{Parser: p, Family: semconv.ProtocolHTTP, Group: GroupHTTP,
		ServerMetric: semconv.HTTPServerRequestDuration, ClientMetric: semconv.HTTPClientRequestDuration}
}

func database(p protocol.Parser, family, group, system string) Entry {
	return Entry{Parser: p, Family: family, Group: group, System: system,
		ServerMetric: semconv.DBServerOperationDuration, ClientMetric: semconv.DBClientOperationDuration}
}

var entries = map[uint8]Entry{
	record.ProtocolHTTP1:      http(http1.Parser{}),
	record.ProtocolHTTP2:      http(nil), // read as streams
	record.ProtocolPipelined:  http(nil), // the same
	record.ProtocolPostgreSQL: database(postgresql.Parser{}, semconv.ProtocolPostgreSQL, GroupSQL, semconv.SystemPostgreSQL),
	record.ProtocolMySQL:      database(mysql.Parser{System: semconv.SystemMySQL}, semconv.ProtocolMySQL, GroupSQL, semconv.SystemMySQL),
	record.ProtocolMariaDB:    database(mysql.Parser{System: semconv.SystemMariaDB}, semconv.ProtocolMySQL, GroupSQL, semconv.SystemMariaDB),
	record.ProtocolRedis:      database(redis.Parser{}, semconv.ProtocolRedis, GroupRedis, semconv.SystemRedis),
	record.ProtocolMemcached:  database(memcached.Parser{}, semconv.ProtocolMemcached, GroupMemcached, semconv.SystemMemcached),
}

// Groups of protocols, as the configuration names them.
const (
	GroupHTTP      = "http"
	GroupMemcached = "memcached"
	GroupRedis     = "redis"
	GroupSQL       = "sql"
)

// Of returns the entry of a protocol that the kernel detected, empty if there is
// none.
func Of(detected uint8) Entry { return entries[detected] }

// Detected returns the protocols of a group, as the kernel numbers them.
func Detected(group string) []uint8 {
	var out []uint8
	for number, e := range entries {
		if e.Group == group {
			out = append(out, number)
		}
	}
	return out
}

// streams are the parsers of protocols that multiplex.
var streams = map[uint8]protocol.Streams{
	record.ProtocolHTTP2:     http2.Parser{},
	record.ProtocolPipelined: http1.Pipelined{},
}

// Streams returns the parser of a protocol that multiplexes, nil if there is none.
func Streams(detected uint8) protocol.Streams { return streams[detected] }
