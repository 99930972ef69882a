// SPDX-License-Identifier: Apache-2.0

package auditlog

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// written makes a log of n records and returns its directory.
func written(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	l, _, err := Open(dir, noon)
	require.NoError(t, err)
	for i := range n {
		r, err := l.Append(noon.Add(time.Duration(i)*time.Second), "override_set", "ann", map[string]int{"n": i})
		require.NoError(t, err)
		assert.EqualValues(t, i+1, r.Seq)
	}
	require.NoError(t, l.Close())
	return dir
}

func change(t *testing.T, dir string, edit func([]byte) []byte) {
	t.Helper()
	path := filepath.Join(dir, FileName)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, edit(data), 0o600))
}

func lines(data []byte) [][]byte { return bytes.SplitAfter(data, []byte("\n")) }

func TestASoundLog(t *testing.T) {
	dir := written(t, 5)
	var seen []string
	report, err := Verify(dir, func(r Record) { seen = append(seen, fmt.Sprintf("%d %s %s", r.Seq, r.Actor, r.Data)) })
	require.NoError(t, err)
	assert.Empty(t, report.Faults)
	assert.False(t, report.Torn)
	assert.EqualValues(t, 5, report.Records)
	assert.Equal(t, `1 ann {"n":0}`, seen[0])

	l, opened, err := Open(dir, noon)
	require.NoError(t, err)
	assert.Len(t, opened.Records, 5)
	assert.Empty(t, opened.SetAside)
	r, err := l.Append(noon, "override_cleared", "bob", nil)
	require.NoError(t, err)
	assert.EqualValues(t, 6, r.Seq)
	assert.Equal(t, opened.Records[4].Hash, r.Prev)
	got, err := l.Read(4, 1)
	require.NoError(t, err)
	require.Len(t, got, 1)
	assert.EqualValues(t, 5, got[0].Seq)
	require.NoError(t, l.Close())
	empty, err := Verify(t.TempDir(), nil)
	require.NoError(t, err)
	assert.Equal(t, Report{Head: Head{Hash: firstPrev}}, empty)
}

func TestTamperingShows(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func([]byte) []byte
		want string
	}{
		"an edited actor": {func(d []byte) []byte { return bytes.Replace(d, []byte("ann"), []byte("bob"), 1) }, "line 1: it was changed"},
		"an edited hash": {func(d []byte) []byte {
			i := bytes.LastIndex(d, []byte(`"hash":"`)) + len(`"hash":"`)
			d[i] = 'f' - (d[i] % 2)
			return d
		}, "line 5: it was changed"},
		"a flipped bit": {func(d []byte) []byte { d[len(d)/2] ^= 1; return d }, "line "},
		"a removed record": {func(d []byte) []byte {
			l := lines(d)
			return bytes.Join(append(l[:2:2], l[3:]...), nil)
		}, "line 3: it is record 4, and 3 comes here"},
		"two swapped": {func(d []byte) []byte {
			l := lines(d)
			l[1], l[2] = l[2], l[1]
			return bytes.Join(l, nil)
		}, "line 2: it is record 3, and 2 comes here"},
		"a repeated one":        {func(d []byte) []byte { l := lines(d); return append(d, l[4]...) }, "line 6: it is record 5, and 6 comes here"},
		"a record cut off":      {func(d []byte) []byte { return bytes.Join(lines(d)[:4], nil) }, "the end is missing: audit.head names record 5"},
		"within the last":       {func(d []byte) []byte { return d[:len(d)-10] }, "the end is missing"},
		"all of it cut off":     {func([]byte) []byte { return nil }, "the end is missing"},
		"garbage at its end":    {func(d []byte) []byte { return append(d, "garbage\n"...) }, "line 6: it is no record"},
		"a line without an end": {func(d []byte) []byte { return append(d, bytes.Repeat([]byte("x"), maxLine+1)...) }, "line 6: it is longer than any record"},
		"another field":         {func(d []byte) []byte { return bytes.Replace(d, []byte(`{"seq":1,`), []byte(`{"seq":1,"x":1,`), 1) }, "line 1: it is no record"},
		"a record made up, with a hash of its own": {func(d []byte) []byte {
			r := Record{Seq: 6, Time: noon, Event: "override_set", Actor: "eve", Data: []byte("{}"), Prev: firstPrev}
			line, _ := r.line()
			return append(d, line...)
		}, "line 6: it does not follow the record before"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := written(t, 5)
			change(t, dir, tt.edit)
			report, err := Verify(dir, nil)
			require.NoError(t, err)
			require.NotEmpty(t, report.Faults)
			assert.Contains(t, strings.Join(report.Faults, "\n"), tt.want)

			l, opened, err := Open(dir, noon)
			require.NoError(t, err)
			assert.FileExists(t, opened.SetAside, "it is kept as evidence")
			require.Len(t, opened.Records, 1, "what it allowed is allowed no more")
			assert.Equal(t, "log_begun_anew", opened.Records[0].Event)
			require.NoError(t, l.Close())
			report, err = Verify(dir, nil)
			require.NoError(t, err)
			assert.Empty(t, report.Faults)
		})
	}
}

// Every byte that is changed shows.
func TestEveryByteCounts(t *testing.T) {
	dir := written(t, 2)
	sound, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	for i := range sound {
		change(t, dir, func([]byte) []byte {
			d := bytes.Clone(sound)
			d[i] ^= 1
			return d
		})
		report, err := Verify(dir, nil)
		require.NoError(t, err)
		assert.NotEmpty(t, report.Faults, "byte %d of %q", i, sound)
	}
}

func TestAMissingLogShows(t *testing.T) {
	dir := written(t, 2)
	require.NoError(t, os.Remove(filepath.Join(dir, FileName)))
	report, err := Verify(dir, nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"audit.log is missing, and audit.head says that it has 2 records"}, report.Faults)
	require.NoError(t, os.WriteFile(filepath.Join(dir, headFileName), []byte("{"), 0o600))
	report, err = Verify(dir, nil)
	require.NoError(t, err)
	assert.Contains(t, report.Faults[0], "audit.head cannot be read")
}

// A crash leaves part of a record that nobody was told of, or a record that the
// head does not name yet. Neither is a fault.
func TestCrashes(t *testing.T) {
	dir := written(t, 3)
	sound, err := os.ReadFile(filepath.Join(dir, FileName))
	require.NoError(t, err)
	r := Record{Seq: 4, Time: noon, Event: "e", Actor: "a", Data: []byte("{}")}
	l, _, err := Open(dir, noon)
	require.NoError(t, err)
	r.Prev = l.head.Hash
	require.NoError(t, l.Close())
	next, err := r.line()
	require.NoError(t, err)
	for cut := range len(next) + 1 {
		change(t, dir, func([]byte) []byte { return append(bytes.Clone(sound), next[:cut]...) })
		report, err := Verify(dir, nil)
		require.NoError(t, err)
		assert.Empty(t, report.Faults, "cut at %d", cut)
		assert.Equal(t, cut > 0 && cut < len(next), report.Torn)
		l, opened, err := Open(dir, noon)
		require.NoError(t, err)
		assert.Empty(t, opened.SetAside)
		want := 3
		if cut == len(next) {
			want = 4
		}
		assert.Len(t, opened.Records, want)
		require.NoError(t, l.Close())
	}
}

func TestAppendRefuses(t *testing.T) {
	dir := t.TempDir()
	l, _, err := Open(dir, noon)
	require.NoError(t, err)
	_, err = l.Append(noon, "e", "a", strings.Repeat("x", maxLine))
	assert.ErrorContains(t, err, "at most 65536 are allowed")
	_, err = l.Append(noon, "e", "a", func() {})
	assert.Error(t, err)
	_, err = l.Append(noon, "e", "a", 1)
	assert.NoError(t, err, "a record that was refused leaves nothing behind")
	require.NoError(t, l.Close())
	_, err = l.Append(noon, "e", "a", 1)
	require.ErrorContains(t, err, "write an audit record")
	_, again := l.Append(noon, "e", "a", 1)
	assert.Equal(t, err, again, "nothing is added after a write that may be half done")
	_, _, err = Open(filepath.Join(dir, "none"), noon)
	assert.Error(t, err)
}
