// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// TestPutStatement: a call is named by the most that is known of its statement, and what
// could be of any number of values is no attribute of a histogram.
func TestPutStatement(t *testing.T) {
	tests := map[string]struct {
		statement *sqltext.Statement
		name      string
		want      []Attribute
	}{
		"unknown":       {nil, semconv.SystemPostgreSQL, nil},
		"nothing in it": {&sqltext.Statement{Metric: true}, semconv.SystemPostgreSQL, nil},
		"a summary": {&sqltext.Statement{Operation: "SELECT", Collection: "t", Summary: "SELECT t u", Text: "SELECT", Metric: true}, "SELECT t u", []Attribute{
			{Key: semconv.DBOperationName, Text: "SELECT", Metric: true}, {Key: semconv.DBCollectionName, Text: "t", Metric: true},
			{Key: semconv.DBQuerySummary, Text: "SELECT t u", Metric: true}, {Key: semconv.DBQueryText, Text: "SELECT"},
		}},
		"one of too many": {&sqltext.Statement{Operation: "CALL", Procedure: "p", Summary: "CALL p"}, "CALL p", []Attribute{
			{Key: semconv.DBOperationName, Text: "CALL", Metric: true}, {Key: semconv.DBStoredProcedure, Text: "p"},
			{Key: semconv.DBQuerySummary, Text: "CALL p"},
		}},
		"an operation alone": {&sqltext.Statement{Operation: "SELECT", Metric: true}, "SELECT", []Attribute{{Key: semconv.DBOperationName, Text: "SELECT", Metric: true}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := Call{}
			c.PutStatement(tt.statement, semconv.SystemPostgreSQL)
			assert.Equal(t, tt.name, c.Name)
			assert.Equal(t, tt.want, c.Attributes)
		})
	}
}
