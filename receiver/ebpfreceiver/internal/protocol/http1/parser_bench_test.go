// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

const exchanges = "testdata/exchanges"

// BenchmarkExchange is a GET of an API, seen by its server.
func BenchmarkExchange(b *testing.B) {
	protocoltest.BenchExchange(b, Parser{}, protocoltest.LoadHTTP(b, exchanges), "get")
}

// BenchmarkParse parses the corpus: an operation is one exchange.
func BenchmarkParse(b *testing.B) {
	protocoltest.Bench(b, Parser{}, protocoltest.LoadHTTP(b, exchanges))
}
