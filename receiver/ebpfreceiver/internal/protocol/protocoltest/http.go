// SPDX-License-Identifier: Apache-2.0

package protocoltest

import (
	"strconv"
	"testing"
)

// LoadHTTP reads the corpus of HTTP/1 from a directory. A file that does not say what
// status the kernel read has that of its response's line.
func LoadHTTP(t testing.TB, directory string) []Case {
	cases := LoadFrom(t, directory, "10.0.0.1:8080")
	for i := range cases {
		if turn := &cases[i].Turn; !cases[i].given["status"] && len(turn.Response) >= len("HTTP/1.1 200") {
			turn.Status, _ = strconv.Atoi(string(turn.Response[9:12]))
		}
	}
	return cases
}
