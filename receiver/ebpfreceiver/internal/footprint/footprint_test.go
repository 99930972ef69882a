// SPDX-License-Identifier: Apache-2.0

package footprint

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const smaps = `00400000-02ea6000 r-xp 00000000 fe:00 10231876                           /opt/sloe/otelcol-sloe
Size:              43672 kB
Rss:               26308 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
02ea6000-02eb6000 r--p 02aa6000 fe:00 10231876                           /opt/sloe/otelcol-sloe
Rss:                  64 kB
Anonymous:             4 kB
02eb6000-02ec6000 r--p 02ab6000 fe:00 10231876                           /opt/sloe/otelcol-sloe
Rss:                  64 kB
Anonymous:             0 kB
05f3b000-06340000 rw-p 05b3b000 fe:00 10231876                           /opt/sloe/otelcol-sloe
Anonymous:             0 kB
7f6070989000-7f607198a000 r--s 00001000 00:10 1038                       anon_inode:bpf-map
Anonymous:             0 kB
7f60b920b000-7f60b92a3000 rw-p 00000000 00:00 0 
Anonymous:             0 kB
7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0                          [vdso]
Anonymous:             0 kB
`

func TestCleanRegions(t *testing.T) {
	clean, err := cleanRegions(strings.NewReader(smaps), "/opt/sloe/otelcol-sloe")
	require.NoError(t, err)
	assert.Equal(t, []region{{0x400000, 0x2aa6000}, {0x2eb6000, 0x10000}}, clean,
		"neither what can be written, nor what has a page of its own, nor another file's")
}

func TestCleanRegionsRefusesWhatItCannotRead(t *testing.T) {
	for _, bad := range []string{"zz-10", "10-zz", "10"} {
		_, err := cleanRegions(strings.NewReader(bad+" r-xp 0 fe:00 1 /x\n"), "/x")
		assert.Error(t, err, bad)
	}
}

// The heap of a process that holds nothing more, and its code, are given back.
func TestShrink(t *testing.T) {
	before := grow(t)
	require.NoError(t, Shrink())
	after := figures(t)
	assert.Less(t, after["RssAnon"], before["RssAnon"]-60<<10, "kB: %v, %v", before, after)
	assert.Less(t, after["RssFile"], before["RssFile"], "kB: %v, %v", before, after)
}

// grow takes 64 MB for as long as it runs, and returns the figures of then.
func grow(t *testing.T) map[string]int {
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = byte(i)
	}
	defer runtime.KeepAlive(held)
	return figures(t)
}

// figures returns those of /proc/self/status that are in kB.
func figures(t *testing.T) map[string]int {
	raw, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	of := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		name, value, _ := strings.Cut(line, ":")
		if kb, found := strings.CutSuffix(strings.TrimSpace(value), " kB"); found {
			of[name], err = strconv.Atoi(kb)
			require.NoError(t, err)
		}
	}
	return of
}
