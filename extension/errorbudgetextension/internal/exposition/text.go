// SPDX-License-Identifier: Apache-2.0

package exposition

import (
	"io"
	"math"
	"strconv"
	"strings"
)

// contentType is that of the text format that every Prometheus reads.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// flushAt is how much text is gathered before it is written.
const flushAt = 64 << 10

// text writes series. Its zero value, with a writer, is ready; the first error of
// the writer is kept, and ends the writing.
type text struct {
	to  io.Writer
	buf []byte
	err error
}

// family begins the series of a metric.
func (t *text) family(name, help string) {
	t.buf = append(t.buf, "# HELP "...)
	t.buf = append(t.buf, name...)
	t.buf = append(t.buf, ' ')
	t.buf = append(t.buf, strings.NewReplacer(`\`, `\\`, "\n", `\n`).Replace(help)...)
	t.buf = append(t.buf, "\n# TYPE "...)
	t.buf = append(t.buf, name...)
	t.buf = append(t.buf, " gauge\n"...)
}

// sample writes one series. Labels are as appendLabel makes them.
func (t *text) sample(name string, labels []byte, more string, value float64) {
	if t.err != nil {
		return
	}
	t.buf = append(t.buf, name...)
	if len(labels) > 0 || more != "" {
		t.buf = append(t.buf, '{')
		t.buf = append(t.buf, labels...)
		t.buf = append(t.buf, more...)
		t.buf = append(t.buf, '}')
	}
	t.buf = append(t.buf, ' ')
	t.buf = appendValue(t.buf, value)
	t.buf = append(t.buf, '\n')
	if len(t.buf) >= flushAt {
		t.flush()
	}
}

func (t *text) flush() {
	if t.err == nil && len(t.buf) > 0 {
		_, t.err = t.to.Write(t.buf)
	}
	t.buf = t.buf[:0]
}

func appendValue(to []byte, v float64) []byte {
	switch {
	case math.IsInf(v, +1):
		return append(to, "+Inf"...)
	case math.IsInf(v, -1):
		return append(to, "-Inf"...)
	}
	return strconv.AppendFloat(to, v, 'g', -1, 64) // NaN as such
}

// appendLabel adds a label behind those that are there. The value is valid UTF-8.
func appendLabel(to []byte, name, value string) []byte {
	if len(to) > 0 {
		to = append(to, ',')
	}
	to = append(to, name...)
	to = append(to, '=', '"')
	for i := range len(value) {
		switch c := value[i]; c {
		case '\\':
			to = append(to, '\\', '\\')
		case '"':
			to = append(to, '\\', '"')
		case '\n':
			to = append(to, '\\', 'n')
		default:
			to = append(to, c)
		}
	}
	return append(to, '"')
}
