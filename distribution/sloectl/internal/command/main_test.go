// SPDX-License-Identifier: Apache-2.0

package command

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const catalogue = `
services:
  - {name: listed, tier: tier1}
  - {name: normal, tier: tier1}
  - {name: canary, tier: tier1}
  - {name: frozen, tier: tier1}
`

// collector starts the real extension, with the worked cases counted, and
// returns its URL.
func collector(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "catalogue.yaml")
	require.NoError(t, os.WriteFile(path, []byte(catalogue), 0o600))
	address := freeAddress(t)
	factory := errorbudgetextension.NewFactory()
	cfg := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"http":              map[string]any{"endpoint": address},
		"catalogue":         path,
		"storage_directory": t.TempDir(),
		"commit_interval":   "10ms",
	}).Unmarshal(cfg))
	ctx := context.Background()
	e, err := factory.Create(ctx, extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(ctx, componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(ctx)) })

	recorder := e.(slo.Recorder)
	writer, now := slo.Writer{Instance: "w"}, slo.MinuteOf(time.Now())
	recorder.Heartbeat(now-1, writer) // a closed minute, as burn rates are about those
	recorder.Heartbeat(now, writer)
	for name, bad := range map[string]uint64{"normal": 2_500, "canary": 2_501, "frozen": 4_001} {
		key := slo.Key{Service: slo.Service{Namespace: "retail", Name: name}, SLI: slo.HTTPAvailability}
		recorder.Add(key, now-1, 10_000_000-bad, bad, "d", writer)
	}
	url := "http://" + address
	require.Eventually(t, func() bool {
		_, out, _ := run("budgets", "frozen", "--namespace", "retail", "--endpoint", url)
		return bytes.Contains([]byte(out), []byte("4001"))
	}, 10*time.Second, 10*time.Millisecond)
	return url
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// run runs a command line without an environment.
func run(args ...string) (code int, out, errOut string) { return runWith(map[string]string{}, args...) }

func runWith(env map[string]string, args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = Run(context.Background(), args, func(name string) string { return env[name] }, &o, &e)
	return code, o.String(), e.String()
}

// answering returns the URL of a server that answers everything alike.
func answering(t *testing.T, status int, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server.URL
}
