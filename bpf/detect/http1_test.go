// SPDX-License-Identifier: Apache-2.0

//go:build cgo

package detect

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// corpus of the parser of HTTP/1: the detector decides what the parser is given.
const corpus = "../../receiver/ebpfreceiver/internal/protocol/http1/testdata/exchanges/*.txt"

type exchange struct {
	name     string
	request  []byte
	response []byte
	// status that the kernel is to read, as a fact of the case
	status string
	claim  Claim
	// stream is what the parser says of it
	stream string
}

func loadCorpus(t *testing.T) []exchange {
	files, err := filepath.Glob(corpus)
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var out []exchange
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(t, err)
		input, want, _ := strings.Cut(string(b), "\nexpect\n")
		e := exchange{name: filepath.Base(file), claim: Yes}
		if _, stream, ok := strings.Cut(want, `sloe.stream = "`); ok {
			e.stream, _, _ = strings.Cut(stream, `"`)
		}
		for line := range strings.Lines(input) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch key {
			case ">":
				e.request = append(e.request, unquote(t, value)...)
			case "<":
				e.response = append(e.response, unquote(t, value)...)
			case "status":
				e.status = value
			case "detect":
				e.claim = map[string]Claim{"no": No, "more": More}[value]
			}
		}
		out = append(out, e)
	}
	return out
}

func unquote(t *testing.T, quoted string) string {
	s, err := strconv.Unquote(quoted)
	require.NoError(t, err)
	return s
}

// TestRequestsOfTheCorpus gives the detector more and more of each request: it
// asks for more until it is sure, and never changes its mind.
func TestRequestsOfTheCorpus(t *testing.T) {
	for _, e := range loadCorpus(t) {
		t.Run(e.name, func(t *testing.T) {
			assert.Equal(t, e.claim, HTTP1Request(e.request))
			decided := More
			for n := 0; n <= len(e.request); n++ {
				claim := HTTP1Request(e.request[:n])
				if decided != More {
					require.Equal(t, decided, claim, "after %q", e.request[:n])
				}
				if e.claim == Yes {
					require.NotEqual(t, No, claim, "after %q", e.request[:n])
				}
				decided = claim
			}
		})
	}
}

// TestResponsesOfTheCorpus does the same with responses, and reads their status.
func TestResponsesOfTheCorpus(t *testing.T) {
	responses := 0
	for _, e := range loadCorpus(t) {
		if len(e.response) == 0 || e.status == "0" {
			continue
		}
		responses++
		t.Run(e.name, func(t *testing.T) {
			for n := range StatusLine {
				require.Equal(t, More, HTTP1Response(e.response[:n]), "after %q", e.response[:n])
			}
			for n := StatusLine; n <= len(e.response); n++ {
				require.Equal(t, Yes, HTTP1Response(e.response[:n]))
			}
			assert.Equal(t, string(e.response[9:12]), strconv.Itoa(HTTP1Status(e.response)))
		})
	}
	require.Greater(t, responses, 60)
}

func TestStatus(t *testing.T) {
	for line, want := range map[string]int{
		"HTTP/1.1 200 OK\r\n": 200,
		"HTTP/1.1 200\r\n":    200,
		"HTTP/1.0 404 Not":    404,
		"HTTP/1.1 999 ":       999,
		"HTTP/1.1 099 ":       0, // a code has three digits, the first is its class
		"HTTP/1.1 20x ":       0,
		"HTTP/1.1  200":       0,
		"HTTP/1.1 -20 ":       0,
		"HTTP/1.12 200":       0,
	} {
		assert.Equal(t, Yes, HTTP1Response([]byte(line)), line)
		assert.Equal(t, want, HTTP1Status([]byte(line)), line)
	}
}

// FuzzRequest: no claim depends on bytes that are not there, or is taken back.
func FuzzRequest(f *testing.F) {
	for _, p := range otherProtocols {
		f.Add([]byte(p.first))
	}
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		decided := More
		for n := range len(b) + 1 {
			claim := HTTP1Request(b[:n])
			if decided != More && claim != decided {
				t.Fatalf("%q: %d, then %d with one byte more", b[:n], decided, claim)
			}
			decided = claim
		}
	})
}

// TestHeadEnd looks for the end of the head of each request of the corpus, cut at every
// byte, and at every place in the words that are looked at.
func TestHeadEnd(t *testing.T) {
	for _, e := range loadCorpus(t) {
		for shift := range 9 {
			b := append([]byte(strings.Repeat("x", shift)), e.request...)
			for n := range len(b) + 1 {
				want := 0
				if at := bytes.Index(b[:n], []byte("\n\r\n")); at >= 0 && at < Head {
					want = at + len("\n\r\n")
				}
				require.Equal(t, want, HTTP1HeadEnd(b[:n]), "%s: %q", e.name, b[:n])
			}
		}
	}
	all := make([]byte, 256) // no byte is taken for the end of a line
	for i := range all {
		all[i] = byte(i)
	}
	require.Zero(t, HTTP1HeadEnd(all))
}

// TestWaits: what the parser marks as a stream, the kernel leaves out of latency too.
func TestWaits(t *testing.T) {
	for _, e := range loadCorpus(t) {
		waits := HTTP1Waits(e.request, false) || HTTP1Waits(e.response, true)
		assert.Equal(t, e.stream != "" && e.stream != "upgrade", waits, e.name)
	}
	const line, status = "GET / HTTP/1.1\r\n", "HTTP/1.1 200 OK\r\n"
	for head, want := range map[string]bool{
		line + "Prefer: wait=30\r\n\r\n":                      true,
		line + "prefer:wait=1, x\r\n\r\n":                     true,
		line + "PREFER: respond-async, wait=10\r\n\r\n":       true,
		line + "Prefer: x,wait=10\r\n\r\n":                    true,
		line + "Prefer: x; wait=10\r\n\r\n":                   false,
		line + "Prefer: x; y=1, wait=10\r\n\r\n":              true,
		line + "Prefer: wait=0\r\n\r\n":                       false,
		line + "Prefer: wait=\r\n\r\n":                        false,
		line + "Prefer: await=5\r\n\r\n":                      false,
		line + "X-Prefer: wait=5\r\n\r\n":                     false,
		line + "X: y\r\nPrefer: wait=5":                       true,
		line + "\r\nPrefer: wait=5\r\n\r\n":                   false, // a body
		status + "Content-Type: text/event-stream\r\n\r\n":    true,
		status + "content-type:text/event-stream\r\n\r\n":     true,
		status + "Content-Type: TEXT/Event-Stream; x=y\r\n":   true,
		status + "A: b\r\nContent-Type: text/event-stream \r": true,
		status + "Content-Type: text/event-stream":            false, // the value may go on
		status + "Content-Type: text/event-streams\r\n\r\n":   false,
		status + "Content-Type: text/html\r\n\r\n":            false,
		status + "X-Content-Type: text/event-stream\r\n":      false,
		status + "\r\nContent-Type: text/event-stream\r\n":    false, // a body
	} {
		assert.Equal(t, want, HTTP1Waits([]byte(head), strings.HasPrefix(head, status)), head)
	}
}
