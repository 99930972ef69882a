// SPDX-License-Identifier: Apache-2.0

package clients

import (
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

//go:embed scripts
var scripts embed.FS

// Client is a program that sends requests.
type Client struct {
	// Name says what it is in words.
	Name string
	// Version of HTTP that it speaks.
	Version string
	// script, of Node or Python, takes a URL and a number, and prints the number.
	script string
	// words are the command line of a tool, by URL and number.
	words func(url string, n int) []string
}

// All are the clients that send exactly so many requests as they are told.
var All = []Client{
	{Name: "curl", Version: "1.1", words: func(url string, n int) []string {
		return []string{"curl", "-sS", "-o", "/dev/null", fmt.Sprintf("%s?n=[1-%d]", url, n)}
	}},
	{Name: "curl, HTTP/1.0", Version: "1.0", words: func(url string, n int) []string {
		return []string{"curl", "-sS", "-0", "-o", "/dev/null", fmt.Sprintf("%s?n=[1-%d]", url, n)}
	}},
	{Name: "curl, 20 at once", Version: "1.1", words: func(url string, n int) []string {
		return []string{"curl", "-sS", "--parallel", "--parallel-max", "20", "-o", "/dev/null", fmt.Sprintf("%s?n=[1-%d]", url, n)}
	}},
	{Name: "curl, a body that waits for 100", Version: "1.1", words: func(url string, n int) []string {
		return []string{"curl", "-sS", "-o", "/dev/null", "-H", "Expect: 100-continue", "--data-binary", "a body that is announced", fmt.Sprintf("%s?n=[1-%d]", url, n)}
	}},
	{Name: "ab", Version: "1.0", words: func(url string, n int) []string {
		return []string{"ab", "-q", "-n", strconv.Itoa(n), "-c", "10", url}
	}},
	{Name: "ab, keep-alive", Version: "1.0", words: func(url string, n int) []string {
		return []string{"ab", "-q", "-k", "-n", strconv.Itoa(n), "-c", "10", url}
	}},
	{Name: "Node, keep-alive agent", Version: "1.1", script: "agent.js"},
	{Name: "Node, fetch (undici)", Version: "1.1", script: "fetch.js"},
	{Name: "Python, http.client", Version: "1.1", script: "httpclient.py"},
	{Name: "Python, urllib", Version: "1.1", script: "urllib.py"},
	{Name: "Python, requests", Version: "1.1", script: "requests.py"},
}

// interpreters by the ending of a script's name.
var interpreters = map[string]string{".js": "node", ".py": "/usr/bin/python3"} // Debian's, which has its packages

// Run sends n requests to a URL under a service name of its own, and fails unless all
// were answered.
func (c *Client) Run(t testing.TB, service, url string, n int) {
	t.Helper()
	if c.script == "" {
		Tool(t, service, c.words(url, n)...)
		return
	}
	raw, err := scripts.ReadFile("scripts/" + c.script)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), c.script)
	require.NoError(t, os.WriteFile(path, raw, 0o600))
	out := Tool(t, service, interpreters[filepath.Ext(path)], path, url, strconv.Itoa(n))
	require.Equal(t, fmt.Sprintln(n), out, c.Name)
}

// Tool runs a program of a service name to its end and returns what it prints.
func Tool(t testing.TB, service string, words ...string) string {
	t.Helper()
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+service)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%v: `make test` installs what is missing\n%s", words, out)
	return string(out)
}
