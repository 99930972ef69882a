// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// madeUp are figures of two workloads, of which the second's A/A comparison found a
// difference.
func madeUp() *figures {
	f := &figures{Taken: "2026-01-01", Kernel: "6.18", CPU: "a <CPU> & more", Agents: []agent{{Mode: sloeSpans, Rate: 20000, NsExchange: 2900, ResidentMB: 79}}}
	for name, shift := range map[string]float64{"TCP pair": 0, unrelated: 500} {
		s := noisy(40, 0, shift, 1000, 900, 2500, 2700)
		f.put(measured{
			Workload: name, Turn: "request", Cycles: 40,
			Samples: map[string][]float64{none: s[0], noneAgain: s[1], sloeSpans: s[2], sloeCounts: s[3], classicPairs: s[4], classicEvents: s[5]},
			Hooks:   map[string][]hook{sloeSpans: {{Program: "sock_send", NsRun: 500, RunsPerTurn: 2}, {Program: "sock_recv", NsRun: 300, RunsPerTurn: 2}}},
		})
	}
	return f
}

func TestTable(t *testing.T) {
	f := madeUp()
	require.Equal(t, "TCP pair", f.Workloads[0].Workload, "in the order of the report, whatever came first")
	table := f.table()
	assert.Equal(t, 1, strings.Count(table, "does not contain 1"), table)
	assert.Contains(t, table, "| TCP pair | sloe, spans through sli | sock_send 500 x 2.00, sock_recv 300 x 2.00 | 1600 |")
	assert.Contains(t, table, "| sloe, spans through sli | 20000 | 2900 | 79.0 |")
	assert.Contains(t, table, "| TCP pair | sloe, spans through sli | 0.4")
	assert.NotContains(t, table, "| "+unrelated+" | sloe, spans through sli | 0.4", "Sloe adds nothing there: a ratio would be of noise")
}

func TestPlotIsXML(t *testing.T) {
	plot := string(madeUp().plot())
	decoder := xml.NewDecoder(strings.NewReader(plot))
	circles := 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	assert.Equal(t, 2*len(compared), circles, "one a mode and workload")
	assert.Contains(t, plot, "a &lt;CPU> &amp; more")
}

func TestNiceStep(t *testing.T) {
	for least, want := range map[float64]float64{0.9: 1, 1: 1, 1.1: 2, 3: 5, 6: 10, 70: 100, 130: 200} {
		assert.InDelta(t, want, niceStep(least), 1e-9, least)
	}
}

// TestFiguresComeBack: what is written is read again, so that single workloads can
// be measured anew.
func TestFiguresComeBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "img", "overhead.json")
	empty, err := readFigures(name)
	require.NoError(t, err)
	assert.Equal(t, &figures{}, empty)
	f := madeUp()
	require.NoError(t, f.write(name))
	back, err := readFigures(name)
	require.NoError(t, err)
	assert.Equal(t, f, back)
}

func TestReplaceMarked(t *testing.T) {
	name := filepath.Join(t.TempDir(), "doc.md")
	require.NoError(t, os.WriteFile(name, []byte("a\n"+beginMark+"old\n"+endMark+"b\n"), 0o600))
	require.NoError(t, replaceMarked(name, "new\n"))
	raw, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, "a\n"+beginMark+"new\n"+endMark+"b\n", string(raw))

	require.NoError(t, os.WriteFile(name, []byte("no marks\n"), 0o600))
	assert.ErrorContains(t, replaceMarked(name, "new\n"), "has not the marks")
}
