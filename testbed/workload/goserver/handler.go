// SPDX-License-Identifier: Apache-2.0

package goserver

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// handler answers the routes and counts each request once.
//
//	/ok              200
//	/error           500
//	/status/{code}   the code
//	/slow?ms=N       200 after N ms
//	/big?bytes=N     200 with a body of N bytes
//	/part?bytes=N    200, and the end of the connection behind N bytes of a body of
//	                 twice as many; chunked=1: without a length and a last chunk;
//	                 whole=1: with all of it
//	/echo            200 with the request's body
//	/events?n=N&ms=M N server-sent events, M ms apart
//	/socket          101, and an end of the connection
//	/hang            no answer while the client waits
//
// Anything else is a 404, counted under the route "other".
type handler struct {
	counters *counters
	routes   *http.ServeMux
}

func newHandler(c *counters) *handler {
	h := &handler{counters: c, routes: http.NewServeMux()}
	h.route("/ok", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK) })
	h.route("/error", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusInternalServerError) })
	h.route("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, err := strconv.Atoi(r.PathValue("code"))
		if err != nil || code < 200 || code > 599 {
			code = http.StatusBadRequest
		}
		answer(w, code)
	})
	h.route("/slow", func(w http.ResponseWriter, r *http.Request) {
		sleep(r.Context(), time.Duration(number(r, "ms"))*time.Millisecond)
		answer(w, http.StatusOK)
	})
	h.route("/big", big)
	h.route("/part", part)
	h.route("/echo", echo)
	h.route("/events", events)
	h.route("/socket", socket)
	h.route("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	h.route("/", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusNotFound) })
	return h
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.routes.ServeHTTP(w, r) }

func (h *handler) route(pattern string, serve http.HandlerFunc) {
	name := pattern
	if name == "/" {
		name = "other"
	}
	h.routes.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		h.counters.begin()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		// Small responses leave the server's buffer after the handler returns, and
		// so does the end of large ones: the count is there first. A response that is
		// cut short panics (http.ErrAbortHandler).
		defer func() { h.counters.end(name, seen.status, r.Context().Err() != nil) }()
		serve(seen, r)
	})
}

// statusWriter remembers the status code.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func answer(w http.ResponseWriter, status int) {
	w.WriteHeader(status)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		_, _ = io.WriteString(w, strconv.Itoa(status)+"\n")
	}
}

var block = bytes.Repeat([]byte("sloe"), 8<<10)

// big sends its length, so that the client knows a cut body from a whole one.
func big(w http.ResponseWriter, r *http.Request) {
	left := number(r, "bytes")
	w.Header().Set("Content-Length", strconv.Itoa(left))
	for left > 0 {
		n, err := w.Write(block[:min(left, len(block))])
		if err != nil {
			return
		}
		left -= n
	}
}

// part sends half of a body, and the connection ends with it.
func part(w http.ResponseWriter, r *http.Request) {
	half := number(r, "bytes")
	body := bytes.Repeat([]byte("."), 2*half)
	w.Header().Set("Connection", "close")
	if number(r, "chunked") == 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	_, _ = w.Write(body[:half])
	_ = http.NewResponseController(w).Flush()
	if number(r, "whole") == 0 {
		panic(http.ErrAbortHandler)
	}
	_, _ = w.Write(body[half:])
}

// echo reads the whole body first: HTTP/1 servers of net/http discard what is
// unread once the response begins.
func echo(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	_, _ = w.Write(body)
}

// events sends them as they come.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for range number(r, "n") {
		_, _ = io.WriteString(w, "data: sloe\n\n")
		_ = http.NewResponseController(w).Flush()
		sleep(r.Context(), time.Duration(number(r, "ms"))*time.Millisecond)
	}
}

// socket switches to a protocol in which nothing is said.
func socket(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.(*statusWriter).status = http.StatusSwitchingProtocols
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
	_ = conn.Close()
}

// number reads a query parameter; one that is absent or bad is 0.
func number(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
