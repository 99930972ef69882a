// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/quic-go/quic-go/http3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestQUICLowersTheCoverage: a service that serves HTTP/3 too is not as well known as one
// that does not. Each connection that a client begins is an uncertain event; what is asked
// over TCP is counted as ever.
func TestQUICLowersTheCoverage(t *testing.T) {
	const connections, requests, plain = 12, 3, 30
	service := filepath.Base(os.Args[0])
	b := startBed(t, bedOptions{catalogue: "services:\n  - {name: " + service + ", tier: tier2}\n"})
	answer := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over := &http.Server{Handler: answer}
	go func() { _ = over.Serve(listener) }()
	t.Cleanup(func() { assert.NoError(t, over.Close()) })

	file := certificate(t)
	pair, err := tls.LoadX509KeyPair(file, file)
	require.NoError(t, err)
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: listener.Addr().(*net.TCPAddr).Port})
	require.NoError(t, err)
	hidden := &http3.Server{Handler: answer, TLSConfig: http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{pair}})}
	go func() { _ = hidden.Serve(udp) }()
	t.Cleanup(func() {
		assert.NoError(t, hidden.Close())
		assert.NoError(t, udp.Close())
	})

	for range plain {
		get(t, http1Client(t), "http://"+listener.Addr().String(), http.StatusOK)
	}
	b.waitBudget(t, service, "http_availability", plain, patience)
	for range connections {
		transport := &http3.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
		client := &http.Client{Transport: transport}
		for range requests {
			get(t, client, "https://"+listener.Addr().String(), http.StatusOK)
		}
		require.NoError(t, transport.Close())
	}
	for _, sli := range []string{"http_availability", "http_latency"} {
		b.waitUncertain(t, service, sli, connections, patience)
	}
	b.Terminate(t)
	assert.EqualValues(t, plain, b.tallies(t)[service].total("server 2xx"))
}
