// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/internal/semconv"
)

// twoDoors serves the same in plain and under TLS, and says where.
const twoDoors = `
import http.server, ssl, sys, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")
    def log_message(self, *a): pass
plain = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
hidden = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
hidden.socket = context.wrap_socket(hidden.socket, server_side=True)
for s in (plain, hidden):
    threading.Thread(target=s.serve_forever, daemon=True).start()
print(plain.server_port, hidden.server_port, flush=True)
sys.stdin.read()
`

// certificate writes a key and its own word for it into a file.
func certificate(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "both.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// TestUnmeasuredLowersTheCoverage: a service of whose requests most are under TLS is
// not as healthy as those that can be read. The gate says how many it does not know,
// and does not decide where the policy asks for more.
func TestUnmeasuredLowersTheCoverage(t *testing.T) {
	live(t)
	const readable, hidden = 30, 90
	name := serviceName("two-doors")
	b := startBed(t, bedOptions{catalogue: "services:\n  - {name: " + name + ", tier: tier2, policy: {coverage_limit: 0.5}}\n"})
	cmd := exec.Command("python3", "-c", twoDoors, certificate(t)) // ends with its input
	cmd.Env = append(os.Environ(), "OTEL_SERVICE_NAME="+name)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		assert.NoError(t, in.Close())
		assert.NoError(t, cmd.Wait())
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	ports := strings.Fields(line)
	require.Len(t, ports, 2)

	plain := dial(t, "127.0.0.1:"+ports[0])
	for range readable {
		plain.ask(t, "/")
	}
	b.waitBudget(t, name, "http_availability", readable, 20*time.Second)
	assert.Equal(t, "NORMAL", b.gate(t, name).State)

	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true, // what is hidden is counted by the turn: one a connection, exactly
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12},
	}}
	for range hidden {
		response, err := client.Get("https://127.0.0.1:" + ports[1] + "/")
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	for _, sli := range []string{"http_availability", "http_latency"} {
		b.waitUncertain(t, name, sli, hidden, 20*time.Second)
	}
	g := b.gate(t, name)
	assert.EqualValues(t, readable, objective(b.budgets(t)[name], "http_availability").Good)
	assert.EqualValues(t, hidden, g.Budget.UncertainEvents)
	assert.LessOrEqual(t, g.Budget.Coverage, float64(readable)/(readable+hidden))
	assert.Equal(t, "UNKNOWN", g.State)
	assert.Contains(t, codes(g.Reasons), "COVERAGE_LOW")
	b.Terminate(t)
	assert.Equal(t, map[string]uint64{"server opaque_tls": hidden}, b.unmeasured(t, name))
}

// unmeasured adds up sloe.unmeasured of a service by kind and reason.
func (b *bed) unmeasured(t *testing.T, service string) map[string]uint64 {
	t.Helper()
	out := map[string]uint64{}
	for dp := range b.sumsOf(t, service, semconv.UnmeasuredExchanges) {
		out[str(dp.Attributes(), semconv.Kind)+" "+str(dp.Attributes(), semconv.UnmeasuredReason)] += uint64(dp.IntValue())
	}
	return out
}
