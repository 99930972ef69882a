// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// BenchmarkExchange is a GET of an API, seen by its server.
func BenchmarkExchange(b *testing.B) {
	protocoltest.BenchExchange(b, Parser{}, protocoltest.LoadHTTP(b, "testdata/exchanges"), "get")
}

// BenchmarkParse parses the corpus: an operation is one exchange.
func BenchmarkParse(b *testing.B) {
	cases := loadExchanges(b)
	call := protocol.Call{Texts: protocol.NewTexts()} // as the receiver does
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		turn := cases[i%len(cases)].turn
		call.Reset()
		Parser{}.Parse(&turn, &call)
	}
}
