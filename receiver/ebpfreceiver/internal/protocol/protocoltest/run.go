// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// secret hides in the corpora where nothing may be shown.
const secret = "hunter2"

func read(t testing.TB, file string) string {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(b)
}

// Run holds a parser against the corpus of the package under test: the files'
// expectations, each of them cut at every byte, and with its bytes written over
// afterwards.
func Run(t *testing.T, parser protocol.Sequence) {
	for _, c := range Load(t) {
		t.Run(c.Name, func(t *testing.T) {
			turn := clone(c.Turn)
			whole := Parse(parser, turn, c.Before...)
			overwrite(turn)
			got := Describe(whole)
			if *update {
				require.NoError(t, os.WriteFile("testdata/exchanges/"+c.Name+".txt", []byte(c.Input+expectMark+got), 0o644))
				return
			}
			require.Equal(t, c.Want, got)
			require.NotContains(t, got, secret)
			RequireSound(t, c.Turn, whole)
			for n := range c.Turn.Request {
				cut := c.Turn
				cut.Request = cut.Request[:n]
				requireNothingInvented(t, c.Turn, whole, Parse(parser, cut, c.Before...))
			}
			for n := range c.Turn.Response {
				cut := c.Turn
				cut.Response = cut.Response[:n]
				requireNothingInvented(t, c.Turn, whole, Parse(parser, cut, c.Before...))
			}
			requireBrief(t, parser, c.Turn, c.Before)
		})
	}
}

// overwrite spoils a turn's bytes: ring memory is reused.
func overwrite(turn protocol.Turn) {
	for _, b := range [][]byte{turn.Request, turn.Response} {
		for i := range b {
			b[i] = '#'
		}
	}
}

// RequireSound checks what holds for whatever bytes: every operation is there once,
// and how many failed is what the kernel says.
func RequireSound(t require.TestingT, turn protocol.Turn, p Parsed) {
	if p.Result == protocol.Invalid {
		return
	}
	rest := p.Rest.OK + p.Rest.Failed + p.Rest.Unknown
	require.Equal(t, turn.Operations.Asked, uint64(len(p.Calls))+rest, "operations")
	for i := range p.Calls {
		seen := map[string]bool{}
		for _, a := range p.Calls[i].Attributes {
			require.False(t, seen[a.Key], "%s is there twice", a.Key)
			seen[a.Key] = true
			require.True(t, utf8.ValidString(a.Text), "%s is not UTF-8", a.Key)
		}
		require.True(t, seen[semconv.DBSystemName])
		require.NotEmpty(t, p.Calls[i].Name)
		require.NotEmpty(t, p.Calls[i].StatusClass)
	}
}

// requireNothingInvented compares with what is made of the turn with a shorter
// prefix: each fact of a call is equal, or absent; and every operation is there.
func requireNothingInvented(t *testing.T, turn protocol.Turn, whole, part Parsed) {
	RequireSound(t, turn, part)
	if part.Result == protocol.Invalid {
		return
	}
	require.LessOrEqual(t, len(part.Calls), max(len(whole.Calls), 1))
	for i := range part.Calls {
		if i >= len(whole.Calls) {
			continue
		}
		w, p := &whole.Calls[i], &part.Calls[i]
		for _, a := range p.Attributes {
			if a.Key == semconv.DBQuerySummary {
				requireBeginning(t, w, a)
				continue
			}
			require.Contains(t, w.Attributes, a, "invented")
		}
		if p.StatusClass != semconv.StatusClassUnknown {
			require.Equal(t, w.StatusClass, p.StatusClass)
		}
	}
	require.LessOrEqual(t, failures(part), failures(whole))
	require.Equal(t, whole.Result, part.Result)
}

// requireBeginning: the summary of a beginning of a text is a beginning of its summary.
func requireBeginning(t *testing.T, whole *protocol.Call, summary protocol.Attribute) {
	i := slices.IndexFunc(whole.Attributes, func(a protocol.Attribute) bool { return a.Key == summary.Key })
	require.GreaterOrEqual(t, i, 0, "invented: %s", summary.Text)
	rest, begins := strings.CutPrefix(whole.Attributes[i].Text, summary.Text)
	require.True(t, begins && (rest == "" || rest[0] == ' ' || rest[0] == ';'), "invented: %s, not %s", summary.Text, whole.Attributes[i].Text)
}

func failures(p Parsed) int {
	n := int(p.Rest.Failed)
	for i := range p.Calls {
		if p.Calls[i].StatusClass == semconv.StatusClassError {
			n++
		}
	}
	return n
}

// requireBrief: a brief call is the whole one without what is for spans, and texts
// that are remembered change nothing.
func requireBrief(t *testing.T, parser protocol.Sequence, turn protocol.Turn, before []protocol.Turn) {
	brief := &protocol.Call{Brief: true, Texts: protocol.NewTexts()}
	for range 2 {
		whole, a, b := &protocol.Call{}, turn, turn
		a.Memory, b.Memory = remember(parser, before), remember(parser, before)
		require.Equal(t, parser.Parse(&a, whole), parser.Parse(&b, brief))
		var metric []protocol.Attribute
		for _, a := range whole.Attributes {
			if a.Metric {
				metric = append(metric, a)
			}
		}
		require.ElementsMatch(t, metric, brief.Attributes)
		brief.Reset()
	}
}

// Fuzz parses bytes from anywhere.
func Fuzz(f *testing.F, parser protocol.Sequence) {
	for _, c := range Load(f) {
		o := c.Turn.Operations
		f.Add(c.Turn.Request, c.Turn.Response, uint16(o.Asked), uint16(o.Answered), uint16(o.Failed), o.Complete, uint8(c.Turn.Outcome))
	}
	f.Fuzz(func(t *testing.T, request, response []byte, asked, answered, failed uint16, complete bool, outcome uint8) {
		turn := protocol.Turn{
			Kind: protocol.Server, Outcome: protocol.Outcome(outcome % 3), Request: request, Response: response,
			RequestBytes: uint64(len(request)), ResponseBytes: uint64(len(response)), Unix: true,
			// as the kernel counts: at least one, and no more failures than answers
			Operations: protocol.Operations{Asked: max(1, uint64(asked)), Answered: uint64(answered), Failed: uint64(min(failed, answered)), Complete: complete},
		}
		aside := turn
		aside.Operations = protocol.Operations{}
		RequireSound(t, turn, Parse(parser, turn, aside, turn))
	})
}
