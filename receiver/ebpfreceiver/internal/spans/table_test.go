// SPDX-License-Identifier: Apache-2.0

package spans

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http1"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/http2"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/memcached"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/mysql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/postgresql"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/redis"
)

// minRows of all tables together: so many stimuli at least are shown.
const minRows = 120

// stimulus is something that happens, in words, and the calls that a parser makes of it.
type stimulus struct {
	words string
	calls []protocol.Call
}

// tables are the stimuli of each protocol: the corpora of its parser.
func tables(t testing.TB) map[string][]stimulus {
	http, grpc := conversations(t, http2.Parser{}, "../protocol/http2/testdata/conversations")
	pipelined, _ := conversations(t, http1.Pipelined{}, "../protocol/http1/testdata/conversations")
	return map[string][]stimulus{
		"http1":      append(exchanges(t, http1.Parser{}), pipelined...),
		"http2":      http,
		"grpc":       grpc,
		"memcached":  walked(t, memcached.Parser{}, "../protocol/memcached/testdata/exchanges", "10.0.0.1:11211"),
		"mysql":      walked(t, mysql.Parser{System: semconv.SystemMariaDB}, "../protocol/mysql/testdata/exchanges", "10.0.0.1:3306"),
		"postgresql": walked(t, postgresql.Parser{}, "../protocol/postgresql/testdata/exchanges", "10.0.0.1:5432"),
		"redis":      walked(t, redis.Parser{}, "../protocol/redis/testdata/exchanges", "10.0.0.1:6379"),
	}
}

// exchanges parses the corpus of HTTP/1.
func exchanges(t testing.TB, parser protocol.Parser) []stimulus {
	var out []stimulus
	for _, c := range protocoltest.LoadHTTP(t, "../protocol/http1/testdata/exchanges") {
		s := stimulus{words: c.Words}
		call := protocol.Call{Kind: c.Turn.Kind, Outcome: c.Turn.Outcome}
		if parser.Parse(&c.Turn, &call) != protocol.Invalid {
			s.calls = append(s.calls, call)
		}
		out = append(out, s)
	}
	return out
}

// walked parses the corpus of a protocol that the kernel walks along.
func walked(t testing.TB, parser protocol.Sequence, directory, server string) []stimulus {
	var out []stimulus
	for _, c := range protocoltest.LoadFrom(t, directory, server) {
		parsed := protocoltest.Parse(parser, c.Turn, c.Before...)
		for i := range parsed.Calls {
			parsed.Calls[i].Kind, parsed.Calls[i].Outcome = c.Turn.Kind, c.Turn.Outcome
		}
		out = append(out, stimulus{c.Words, parsed.Calls})
	}
	return out
}

// conversations parses the corpus of a protocol that is read as chunks, and tells gRPC from the rest.
func conversations(t testing.TB, parser protocol.Streams, directory string) (http, grpc []stimulus) {
	for _, c := range protocoltest.LoadConversations(t, directory) {
		sink := &protocoltest.Collected{}
		link := c.Link
		if !link.FromStart {
			link.Kind = 0
		}
		s := parser.Open(&link, &protocol.Environment{Call: &protocol.Call{}, Sink: sink})
		c.Play(s)
		s.Expire(1 << 62)
		if strings.Contains(c.Name, "grpc") {
			grpc = append(grpc, stimulus{c.Words, sink.Calls})
		} else {
			http = append(http, stimulus{c.Words, sink.Calls})
		}
	}
	return http, grpc
}

// row writes a span as a line of the table.
func row(words string, span ptrace.Span) string {
	var attributes []string
	for k, v := range span.Attributes().All() {
		attributes = append(attributes, k+"="+v.AsString())
	}
	slices.Sort(attributes)
	return fmt.Sprintf("| %s | `%s` | %s | %s | %s |\n", cell(words), cell(span.Name()), strings.ToUpper(span.Kind().String()), span.Status().Code(),
		"`"+cell(strings.Join(attributes, "`, `"))+"`")
}

func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }

const tableHead = `<!-- Written by a test: go test ./receiver/ebpfreceiver/internal/spans -run TestTables -update -->

# Spans of %s

What happens, and the span that comes of it: a stimulus of several requests has a row for each. Stimuli are files of words and bytes, in the parser's directory ` + "`testdata`" + `.

| what happens | name | kind | status | attributes |
|---|---|---|---|---|
`

// TestTables holds what a person reads in docs/spans against the parsers: the name, the
// kind, the status and all attributes of the span of each stimulus.
func TestTables(t *testing.T) {
	rows := 0
	for name, stimuli := range tables(t) {
		var b strings.Builder
		fmt.Fprintf(&b, tableHead, titles[name])
		for _, s := range stimuli {
			if len(s.calls) == 0 {
				fmt.Fprintf(&b, "| %s | none | | | |\n", cell(s.words))
				continue
			}
			batch, who := NewBatch("", ""), &process.Identity{PID: 1}
			for i := range s.calls {
				batch.Add(who, &s.calls[i])
			}
			traces, n := batch.Take()
			require.Equal(t, len(s.calls), n)
			for _, span := range traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
				b.WriteString(row(s.words, span))
				rows++
			}
		}
		path := filepath.Join("../../../../docs/spans", name+".md")
		if protocoltest.Update() {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), b.String(), "go test -run TestTables -update writes it anew")
		assert.NotContains(t, b.String(), "hunter2", "a credential of the corpora")
	}
	assert.GreaterOrEqual(t, rows, minRows)
}

var titles = map[string]string{"http1": "HTTP/1", "http2": "HTTP/2", "grpc": "gRPC", "redis": "Redis", "mysql": "MySQL and MariaDB", "postgresql": "PostgreSQL"}
