// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// line is a kept connection, with one question at a time.
type line struct {
	fd       int
	question int // that was put last
	out, in  []byte
}

// dial connects to an IPv4 address and port.
func dial(address string) (*line, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to %s: %w", address, err), unix.Close(fd))
	}
	return &line{fd: fd}, errors.Join(
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), unix.SetNonblock(fd, true))
}

// ask puts a question, which is short enough to be written at once.
func (l *line) ask(question int, path, host string) error {
	l.question, l.in = question, l.in[:0]
	l.out = fmt.Appendf(l.out[:0], "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, host)
	n, err := unix.Write(l.fd, l.out)
	if err == nil && n < len(l.out) {
		err = fmt.Errorf("%d of %d bytes were written", n, len(l.out))
	}
	return err
}

// read takes what has come. It returns the status of the answer once it is whole, and
// 0 before.
func (l *line) read() (status int, err error) {
	l.in = append(l.in, make([]byte, 4096)...)
	had := len(l.in) - 4096
	n, err := unix.Read(l.fd, l.in[had:])
	l.in = l.in[:had+max(n, 0)]
	switch {
	case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.EINTR):
		return 0, nil
	case err != nil:
		return 0, err
	case n == 0:
		return 0, errors.New("the server closed the connection")
	}
	return answered(l.in)
}

// answered returns the status of an answer that is whole, and 0 of one that is not.
func answered(in []byte) (status int, err error) {
	head, body, whole := bytes.Cut(in, []byte("\r\n\r\n"))
	if !whole {
		return 0, nil
	}
	_, field, found := bytes.Cut(head, []byte("\r\nContent-Length: "))
	if !found {
		return 0, fmt.Errorf("an answer without Content-Length: %q", head)
	}
	value, _, _ := bytes.Cut(field, []byte("\r\n"))
	length, err := strconv.Atoi(string(value))
	if err != nil || len(body) < length {
		return 0, err
	}
	_, code, _ := bytes.Cut(head, []byte(" "))
	return strconv.Atoi(string(code[:min(3, len(code))]))
}
