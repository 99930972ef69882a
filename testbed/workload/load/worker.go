// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/sloe-dev/sloe/testbed/workload/address"
)

// worker sends one request after the other on a connection of its own.
type worker struct {
	plan   Plan
	result *Result
	conn   net.Conn
	reader *bufio.Reader
}

// send sends one request and reads its response.
func (w *worker) send(ctx context.Context, s Step) {
	status, body, err := w.exchange(ctx, s)
	if err != nil {
		w.close()
		w.result.fail(err)
		return
	}
	w.result.count(s.Target, status, body)
}

func (w *worker) exchange(ctx context.Context, s Step) (status int, body int64, err error) {
	if w.conn == nil {
		var dialer net.Dialer
		network, to := address.Split(w.plan.Address)
		if w.conn, err = dialer.DialContext(ctx, network, to); err != nil {
			return 0, 0, fmt.Errorf("connecting: %w", err)
		}
		w.reader = bufio.NewReader(w.conn)
		w.result.Connections++
	}
	if err := w.conn.SetDeadline(time.Now().Add(w.plan.Timeout)); err != nil {
		return 0, 0, err
	}
	// One write a request: the whole of it is one segment of payload to a capture.
	if _, err := io.WriteString(w.conn, request(address.Host(w.plan.Address), s)); err != nil {
		return 0, 0, fmt.Errorf("sending %s %s: %w", s.Method, s.Target, err)
	}
	response, err := http.ReadResponse(w.reader, &http.Request{Method: s.Method})
	if err != nil {
		return 0, 0, fmt.Errorf("reading the response to %s %s: %w", s.Method, s.Target, err)
	}
	body, err = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if err != nil {
		return 0, 0, fmt.Errorf("reading the body of %s %s: %w", s.Method, s.Target, err)
	}
	if response.Close {
		w.close() // the server's wish; the next request opens another
	}
	return response.StatusCode, body, nil
}

func (w *worker) close() {
	if w.conn != nil {
		_ = w.conn.Close()
		w.conn = nil
	}
}

func request(host string, s Step) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: sloe-load\r\n", s.Method, s.Target, host)
	if s.BodyBytes > 0 {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", s.BodyBytes)
	}
	b.WriteString("\r\n")
	b.WriteString(strings.Repeat("x", s.BodyBytes))
	return b.String()
}
