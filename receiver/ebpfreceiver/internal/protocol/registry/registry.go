// SPDX-License-Identifier: Apache-2.0

// Package registry shows which protocols exist: one line each. It is apart from
// the package protocol, which the parsers import.
package registry // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"

import (
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

var parsers = map[uint8]protocol.Parser{
	record.ProtocolHTTP1: http1.Parser{},
}

// Parser returns the parser of a protocol that the kernel detected, nil if there
// is none.
func Parser(detected uint8) protocol.Parser { return parsers[detected] }

// streams are the parsers of protocols that multiplex.
var streams = map[uint8]protocol.Streams{
	record.ProtocolHTTP2: http2.Parser{},
}

// Streams returns the parser of a protocol that multiplexes, nil if there is none.
func Streams(detected uint8) protocol.Streams { return streams[detected] }
