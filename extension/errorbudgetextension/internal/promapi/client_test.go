// SPDX-License-Identifier: Apache-2.0

package promapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ask asks a server that answers what handle writes.
func ask(t *testing.T, maxBytes int64, handle http.HandlerFunc) (int, error) {
	t.Helper()
	server := httptest.NewServer(handle)
	defer server.Close()
	series := 0
	err := New(server.URL+"/prometheus/", server.Client(), maxBytes).Samples(context.Background(), `m{a="b"}`, 1767225600123, 1767225660001, func(Series) error {
		series++
		return nil
	})
	return series, err
}

func TestWhatIsAsked(t *testing.T) {
	series, err := ask(t, 1<<20, func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/prometheus/api/v1/query", r.URL.Path)
		assert.Equal(t, `m{a="b"}[59878ms]`, r.URL.Query().Get("query"))
		assert.Equal(t, "1767225660.001", r.URL.Query().Get("time"))
		_, _ = w.Write([]byte(twoSeries))
	})
	require.NoError(t, err)
	assert.Equal(t, 2, series)
}

func TestAnswersAreBounded(t *testing.T) {
	answer := `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"values":[[1,"1"]` + strings.Repeat(`,[2,"2"]`, 1<<17) + `]}]}}`
	_, err := ask(t, 1<<20, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
	require.ErrorIs(t, err, ErrTooLarge)
	_, err = ask(t, 2<<20, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(answer)) })
	require.NoError(t, err)
}

// An endless answer is not read to its end.
func TestAnEndlessAnswer(t *testing.T) {
	_, err := ask(t, 1<<20, func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(`{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"`))
		for r.Context().Err() == nil {
			if _, err := w.Write([]byte(strings.Repeat("x", 1<<16))); err != nil {
				return
			}
		}
	})
	require.ErrorIs(t, err, ErrTooLarge)
}

func TestRefusals(t *testing.T) {
	for want, answer := range map[string]struct {
		status int
		body   string
	}{
		"status 422 Unprocessable Entity: it answers execution: too many samples": {422, `{"status":"error","errorType":"execution","error":"too many samples"}`},
		`status 401 Unauthorized: "no org id"`:                                    {401, "no org id\n"},
		`status 502 Bad Gateway: "<html> <body>"`:                                 {502, "<html>\n<body>"},
		"status 404 Not Found":                                                    {404, ""},
		"it is no answer of the API of Prometheus":                                {200, "[]"},
	} {
		_, err := ask(t, 1<<20, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer.status)
			_, _ = w.Write([]byte(answer.body))
		})
		assert.ErrorContains(t, err, want)
	}
}

func TestNobodyAnswers(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	err := New(server.URL, server.Client(), 1<<20).Samples(context.Background(), "m{}", 0, 1000, func(Series) error { return nil })
	require.ErrorContains(t, err, "connection refused")
	assert.NotContains(t, err.Error(), "query=", "the same trouble reads the same each time")
}
