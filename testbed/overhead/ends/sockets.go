// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// socket is a blocking TCP socket outside of Go's poller: a read is one system
// call, as in most programs of C.
type socket int

// dial connects to an address.
func dial(address string) (socket, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return -1, err
	}
	defer conn.Close()
	return takeOver(conn.(*net.TCPConn))
}

// takeOver returns a blocking descriptor of its own for a connection.
func takeOver(conn *net.TCPConn) (socket, error) {
	f, err := conn.File()
	if err != nil {
		return -1, err
	}
	defer f.Close()
	fd, err := unix.Dup(int(f.Fd()))
	if err != nil {
		return -1, err
	}
	return socket(fd), unix.SetNonblock(fd, false)
}

func (s socket) write(b []byte) error {
	for len(b) > 0 {
		n, err := unix.Write(int(s), b)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// read reads what there is.
func (s socket) read(b []byte) (int, error) {
	for {
		n, err := unix.Read(int(s), b)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			return 0, fmt.Errorf("reading: %w", err)
		case n == 0:
			return 0, errors.New("reading: the other end closed")
		default:
			return n, nil
		}
	}
}

// readFull reads as many bytes as fit.
func (s socket) readFull(b []byte) error {
	for len(b) > 0 {
		n, err := s.read(b)
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
