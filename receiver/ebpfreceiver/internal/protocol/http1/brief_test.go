// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// TestTextsAndBrief: texts that are remembered change nothing of a call, and a brief
// call is the whole one without the attributes that are for spans alone.
func TestTextsAndBrief(t *testing.T) {
	remembered := &protocol.Call{Texts: protocol.NewTexts()}
	brief := &protocol.Call{Texts: protocol.NewTexts(), Brief: true}
	for range 2 { // the second time every text is remembered
		for _, c := range loadExchanges(t) {
			plain, turn := &protocol.Call{}, c.turn
			want := Parser{}.Parse(&turn, plain)
			extent := turn
			turn = c.turn
			remembered.Reset()
			assert.Equal(t, want, Parser{}.Parse(&turn, remembered), c.name)
			assert.Equal(t, extent, turn, c.name)
			assert.Equal(t, append([]protocol.Attribute{}, plain.Attributes...), append([]protocol.Attribute{}, remembered.Attributes...), c.name)

			turn = c.turn
			brief.Reset()
			assert.Equal(t, want, Parser{}.Parse(&turn, brief), c.name)
			assert.Equal(t, extent, turn, c.name)
			var metric []protocol.Attribute
			for _, a := range plain.Attributes {
				if a.Metric {
					metric = append(metric, a)
				}
			}
			assert.ElementsMatch(t, metric, brief.Attributes, c.name)
			brief.Attributes, plain.Attributes = brief.Attributes[:0], brief.Attributes[:0]
			plain.Texts, plain.Brief = brief.Texts, true
			assert.Equal(t, plain, brief, c.name)
		}
	}
}
