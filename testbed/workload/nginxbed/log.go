// SPDX-License-Identifier: Apache-2.0

package nginxbed

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Entry is one line of the access log.
type Entry struct {
	URI     string  `json:"uri"`
	Method  string  `json:"method"`
	Status  int     `json:"status"`
	Seconds float64 `json:"seconds"`
	Bytes   int64   `json:"bytes"`
}

// Counts are numbers of requests by path and status code.
type Counts map[string]map[int]uint64

// Total is the number of requests with a status code from low to high, both
// included.
func (c Counts) Total(low, high int) uint64 {
	var n uint64
	for _, statuses := range c {
		for status, count := range statuses {
			if low <= status && status <= high {
				n += count
			}
		}
	}
	return n
}

// Log reads the whole lines of the access log.
func (n *Nginx) Log() ([]Entry, error) {
	raw, err := os.ReadFile(filepath.Join(n.Dir, "access.log"))
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for line := range bytes.Lines(raw) {
		if line[len(line)-1] != '\n' {
			break // being written
		}
		var e Entry
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("access log: %w: %s", err, line)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// WaitCounts waits until the log has as many requests as the test knows it sent,
// and counts them: nginx logs a request after its last byte has left, so a
// client can be ahead of the log.
func (n *Nginx) WaitCounts(t testing.TB, requests int) Counts {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		entries, err := n.Log()
		require.NoError(t, err)
		if len(entries) >= requests || time.Now().After(deadline) {
			require.Len(t, entries, requests, "requests in the access log")
			return count(entries)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func count(entries []Entry) Counts {
	c := Counts{}
	for _, e := range entries {
		if c[e.URI] == nil {
			c[e.URI] = map[int]uint64{}
		}
		c[e.URI][e.Status]++
	}
	return c
}
