// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestNames: the values that later rooms write, and that the indicators read.
func TestNames(t *testing.T) {
	assert.Equal(t, "server", Server.String())
	assert.Equal(t, "client", Client.String())
	assert.Empty(t, Answered.String())
	assert.Equal(t, "aborted_by_server", AbortedByServer.String())
	assert.Equal(t, "aborted_by_client", AbortedByClient.String())
}

// TestReset: nothing of a call is told of the next one, and its room is used again.
func TestReset(t *testing.T) {
	c := &Call{
		Kind: Client, Family: "http", Metric: "m", Name: "GET", StartUnixNano: 1, EndUnixNano: 2, EndUnknown: true, StartUnproven: true,
		Outcome: AbortedByServer, Failed: true, ErrorType: "500", StatusClass: "5xx",
	}
	c.Text("a", "b", true)
	c.Number("n", 0, false)
	assert.Equal(t, []Attribute{{Key: "a", Text: "b", Metric: true}, {Key: "n"}}, c.Attributes)
	c.Reset()
	assert.Empty(t, c.Attributes)
	assert.NotZero(t, cap(c.Attributes))
	c.Attributes = nil
	assert.Equal(t, &Call{}, c)
}

// TestBrief: a brief call has the attributes of the histograms alone, and stays
// brief, with its texts, when it is reset.
func TestBrief(t *testing.T) {
	texts := NewTexts()
	c := &Call{Brief: true, Texts: texts}
	for range 2 {
		c.Text("a", "b", true)
		c.Text("path", "/", false)
		c.Number("n", 1, true)
		c.Number("port", 2, false)
		assert.Equal(t, []Attribute{{Key: "a", Text: "b", Metric: true}, {Key: "n", Number: 1, Metric: true}}, c.Attributes)
		c.Reset()
	}
	assert.Same(t, texts, c.Texts)
}
