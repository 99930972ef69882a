// SPDX-License-Identifier: Apache-2.0

package collectorbed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Traces reads what the file exporter wrote as JSON into a file of the
// collector's directory. A file that is not there yet holds nothing.
func (c *Collector) Traces(t testing.TB, name string) []ptrace.Traces {
	t.Helper()
	var decoder ptrace.JSONUnmarshaler
	all, err := decode(c.Path(name), decoder.UnmarshalTraces)
	require.NoError(t, err)
	return all
}

// Metrics is Traces for metrics.
func (c *Collector) Metrics(t testing.TB, name string) []pmetric.Metrics {
	t.Helper()
	var decoder pmetric.JSONUnmarshaler
	all, err := decode(c.Path(name), decoder.UnmarshalMetrics)
	require.NoError(t, err)
	return all
}

// decode reads a message a line. A last line without an end is being written.
func decode[T any](path string, unmarshal func([]byte) (T, error)) ([]T, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []T
	for line := range bytes.Lines(raw) {
		if line[len(line)-1] != '\n' {
			break
		}
		message, err := unmarshal(line)
		if err != nil {
			return nil, fmt.Errorf("%s, message %d: %w", path, len(all)+1, err)
		}
		all = append(all, message)
	}
	return all, nil
}

// client keeps no connection, so that a test leaves none behind.
var client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// GetJSON gets a URL, decodes the body into v and returns the status code.
func GetJSON(url string, v any) (int, error) {
	response, err := client.Get(url)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, fmt.Errorf("GET %s: %w", url, err)
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, fmt.Errorf("GET %s: %w: %s", url, err, body)
	}
	return response.StatusCode, nil
}
