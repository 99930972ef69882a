// SPDX-License-Identifier: Apache-2.0

// Package serialserver is an HTTP server with one thread: it reads a request,
// works on it for a given time, answers, and only then reads the next one, of
// whichever connection. Whoever comes meanwhile waits where no server can see it.
package serialserver // import "github.com/sloe-dev/sloe/testbed/workload/serialserver"

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// response has no body and keeps the connection.
const response = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// serve answers the connections of a listening socket, given as descriptors, until
// it fails. It writes a line `served TARGET READ DONE` for each request: when it
// was read and when it was answered, in Unix nanoseconds.
func serve(listener int, work time.Duration, out io.Writer) error {
	polled := []unix.PollFd{{Fd: int32(listener), Events: unix.POLLIN}}
	buffer := make([]byte, 4096)
	for {
		if _, err := unix.Poll(polled, -1); err != nil {
			if err == unix.EINTR {
				continue
			}
			return fmt.Errorf("poll: %w", err)
		}
		for i := range polled {
			if polled[i].Revents == 0 {
				continue
			}
			if i == 0 {
				conn, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
				if err != nil {
					return fmt.Errorf("accept: %w", err)
				}
				polled = append(polled, unix.PollFd{Fd: int32(conn), Events: unix.POLLIN})
				break // the others after the next look
			}
			open, err := answer(int(polled[i].Fd), buffer, work, out)
			if err != nil {
				return err
			}
			if !open {
				_ = unix.Close(int(polled[i].Fd))
				polled = append(polled[:i], polled[i+1:]...)
			}
			break
		}
	}
}

// answer reads a request, works and answers. It reports false at the end of the
// connection.
func answer(conn int, buffer []byte, work time.Duration, out io.Writer) (bool, error) {
	n, err := unix.Read(conn, buffer)
	if n <= 0 || err != nil {
		return false, nil //nolint:nilerror // a client that left is no failure of the server
	}
	read := time.Now()
	parts := bytes.SplitN(buffer[:n], []byte(" "), 3)
	if len(parts) < 3 {
		return false, fmt.Errorf("not a request: %q", buffer[:n])
	}
	time.Sleep(work)
	if _, err := unix.Write(conn, []byte(response)); err != nil {
		return false, nil //nolint:nilerror // as above
	}
	_, err = fmt.Fprintf(out, "served %s %d %d\n", parts[1], read.UnixNano(), time.Now().UnixNano())
	return true, err
}
