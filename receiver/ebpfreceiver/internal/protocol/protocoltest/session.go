// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// DescribeCall writes what a person compares of a call of a session: facts without a
// value are left out.
func DescribeCall(call *protocol.Call) string {
	var b strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "0" && s != "false" {
			fmt.Fprintln(&b, " ", key, s)
		}
	}
	line("name", call.Name)
	line("kind", call.Kind)
	line("family", call.Family)
	line("metric", call.Metric)
	line("start", time.Duration(call.StartUnixNano))
	line("duration", time.Duration(call.EndUnixNano-call.StartUnixNano))
	if call.QueueKnown {
		line("queue", time.Duration(call.QueueNs))
	}
	line("outcome", call.Outcome)
	line("status_class", call.StatusClass)
	line("failed", call.Failed)
	line("error_type", call.ErrorType)
	line("end_unknown", call.EndUnknown)
	line("start_unproven", call.StartUnproven)
	b.WriteString(DescribeAttributes(call, "    "))
	return b.String()
}

// RequirePart asks that a call says a part of what it would have said without a loss.
func RequirePart(t testing.TB, what string, whole, part *protocol.Call) {
	require.Equal(t, whole.Family, part.Family, what)
	require.Equal(t, whole.Kind, part.Kind, what)
	require.Equal(t, whole.Outcome, part.Outcome, what)
	if !part.StartUnproven {
		require.Equal(t, whole.StartUnixNano, part.StartUnixNano, what)
	}
	if !part.EndUnknown {
		require.Equal(t, whole.EndUnixNano, part.EndUnixNano, what)
	}
	if part.QueueKnown {
		require.Equal(t, whole.QueueNs, part.QueueNs, what)
	}
	if part.StatusClass != "unknown" {
		require.Equal(t, whole.StatusClass, part.StatusClass, what)
		require.Equal(t, whole.Failed, part.Failed, what)
	}
	if part.ErrorType != "" {
		require.Equal(t, whole.ErrorType, part.ErrorType, what)
	}
	for _, a := range part.Attributes {
		if a.Key == "sloe.protocol" { // instead of the method
			continue
		}
		if a.Key == "rpc.method" && slices.Contains(whole.Attributes, protocol.Attribute{Key: "rpc.method_original", Text: a.Text}) {
			continue // that the server does not have the method was in the gap
		}
		require.Contains(t, whole.Attributes, a, what)
	}
}

// Directions returns all that the client of a conversation wrote, and all that its server did.
func (c *Conversation) Directions() (client, server []byte) {
	for _, x := range c.IO {
		if x.Client {
			client = append(client, x.Bytes...)
		} else {
			server = append(server, x.Bytes...)
		}
	}
	return client, server
}
