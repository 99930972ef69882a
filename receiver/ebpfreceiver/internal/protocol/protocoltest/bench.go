// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"crypto/sha256"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// BenchExchange parses one exchange of some again and again: an operation is one such
// exchange on a connection that is in use, whose texts are known.
func BenchExchange(b *testing.B, parser protocol.Parser, cases []Case, name string) {
	i := slices.IndexFunc(cases, func(c Case) bool { return c.Name == name })
	require.GreaterOrEqual(b, i, 0, name)
	Bench(b, parser, cases[i:i+1])
}

// Bench parses a corpus: an operation is one exchange.
func Bench(b *testing.B, parser protocol.Parser, cases []Case) {
	call := protocol.Call{Texts: protocol.NewTexts(), SQL: sqltext.NewCache(sqltext.Off)}
	for i := range cases {
		cases[i].Turn.Memory = remember(parser, cases[i].Before)
	}
	var turn protocol.Turn // one for all, as the receiver has
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		turn = cases[i%len(cases)].Turn
		call.Reset()
		parser.Parse(&turn, &call)
	}
	Calibrate(b)
}

// Calibrate reports what the SHA-256 of 64 bytes takes beside what was measured, so
// that figures of two machines can be compared.
func Calibrate(b *testing.B) {
	const n = 100_000
	var block [64]byte
	began := time.Now()
	for range n {
		sum := sha256.Sum256(block[:])
		copy(block[:], sum[:])
	}
	b.ReportMetric(float64(time.Since(began))/n, "ns/sha256")
}
