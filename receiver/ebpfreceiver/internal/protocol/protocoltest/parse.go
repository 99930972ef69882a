// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// Parsed is what was made of a turn.
type Parsed struct {
	Result protocol.Result
	Calls  []protocol.Call
	Rest   protocol.Rest
	// Unremembered are the operations of which it is not known what they run.
	Unremembered int
}

// maxCalls bounds the calls of a turn: no more commands fit into what is captured.
const maxCalls = 512

// Parse makes calls of a turn as the receiver does, behind others on its connection.
func Parse(parser protocol.Sequence, turn protocol.Turn, before ...protocol.Turn) Parsed {
	var p Parsed
	turn.Memory = remember(parser, before)
	call := &protocol.Call{}
	p.Result = parser.Parse(&turn, call)
	if p.Result == protocol.Invalid {
		return p
	}
	var ok, failed uint64
	for len(p.Calls) < maxCalls {
		if turn.Operations.Asked > 1 && call.StatusClass == semconv.StatusClassUnknown && turn.Outcome == protocol.Answered {
			break
		}
		switch call.StatusClass {
		case semconv.StatusClassOK:
			ok++
		case semconv.StatusClassError:
			failed++
		}
		if turn.Unremembered {
			p.Unremembered++
		}
		p.Calls = append(p.Calls, *call)
		call = &protocol.Call{}
		if uint64(len(p.Calls)) >= turn.Operations.Asked || !parser.Next(&turn, call) {
			break
		}
	}
	p.Rest = turn.Operations.RestOf(uint64(len(p.Calls)), ok, failed)
	return p
}

// remember makes the memory of a connection with asides and other turns on it, nil of a
// parser that has none.
func remember(parser protocol.Parser, before []protocol.Turn) any {
	remembering, ok := parser.(protocol.Remembering)
	if !ok {
		return nil
	}
	memory := remembering.NewMemory()
	for _, turn := range before {
		turn.Memory = memory
		if turn.Operations.Asked == 0 {
			remembering.Learn(&turn, &protocol.Call{})
			continue
		}
		remembering.Parse(&turn, &protocol.Call{})
		for range turn.Operations.Asked - 1 {
			if !remembering.Next(&turn, &protocol.Call{}) {
				break
			}
		}
	}
	return memory
}

var resultNames = map[protocol.Result]string{protocol.Invalid: "invalid", protocol.Whole: "whole", protocol.Growing: "growing"}

// Describe writes what a person compares: facts without a value are left out.
func Describe(p Parsed) string {
	var b strings.Builder
	line := func(key string, value any) {
		if s := fmt.Sprint(value); s != "" && s != "0" && s != "false" {
			fmt.Fprintln(&b, key, s)
		}
	}
	line("result", resultNames[p.Result])
	for i := range p.Calls {
		call := &p.Calls[i]
		line("name", call.Name)
		line("family", call.Family)
		line("metric", call.Metric)
		line("status_class", call.StatusClass)
		line("failed", call.Failed)
		line("error_type", call.ErrorType)
		b.WriteString(DescribeAttributes(call, "  "))
	}
	line("unremembered", p.Unremembered)
	line("rest_ok", p.Rest.OK)
	line("rest_failed", p.Rest.Failed)
	line("rest_unknown", p.Rest.Unknown)
	return b.String()
}

// DescribeAttributes writes the attributes of a call, a line each behind an indent, in the
// order of their names.
func DescribeAttributes(call *protocol.Call, indent string) string {
	attributes := slices.Clone(call.Attributes)
	slices.SortFunc(attributes, func(x, y protocol.Attribute) int { return strings.Compare(x.Key, y.Key) })
	var b strings.Builder
	for _, a := range attributes {
		fmt.Fprintf(&b, "%s%s = %s\n", indent, a.Key, valueOf(a))
	}
	return b.String()
}

func valueOf(a protocol.Attribute) string {
	value := strconv.FormatInt(a.Number, 10)
	switch {
	case a.Flag:
		value = "true"
	case a.Text != "":
		value = strconv.Quote(a.Text)
	}
	if a.Metric {
		value += " (histogram too)"
	}
	return value
}
