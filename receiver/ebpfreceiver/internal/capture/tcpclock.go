// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// waitToRead is how long a byte waits to be read: longer than what the hooks take
	// for the same time (FRESH_NS in bpf/include/clock.h), shorter than TCP waits to
	// acknowledge it.
	waitToRead = 3 * time.Millisecond
	// triesToLearn: a try tells nothing if the collector was interrupted as it read.
	triesToLearn = 5
	// patienceToLearn bounds what is otherwise done at once.
	patienceToLearn = time.Second
)

// learnClock lets the hooks find out whether TCP looks at the clock when it is read
// from, by a connection of the collector with itself. Where there is no loopback they
// ask the clock themselves, which is all that is lost: the error is for tests.
func (c *Capture) learnClock() (err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("learn of TCP's clock: %w", err)
	}
	defer func() { err = errors.Join(err, listener.Close()) }()
	client, err := net.DialTimeout("tcp", listener.Addr().String(), patienceToLearn)
	if err != nil {
		return fmt.Errorf("learn of TCP's clock: %w", err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	server, err := listener.Accept()
	if err != nil {
		return fmt.Errorf("learn of TCP's clock: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	cookie, err := cookieOf(server.(*net.TCPConn))
	if err != nil {
		return fmt.Errorf("learn of TCP's clock: %w", err)
	}
	if err := errors.Join(
		client.(*net.TCPConn).SetLinger(0), // nothing is left to wait for
		server.SetDeadline(time.Now().Add(patienceToLearn)),
	); err != nil {
		return fmt.Errorf("learn of TCP's clock: %w", err)
	}
	found := false
	for try := 0; try < triesToLearn && !found && err == nil; try++ {
		err = errors.Join(c.objects.ClockCookie.Set(cookie), readLate(client, server), c.objects.ReadsRefresh.Get(&found))
	}
	return errors.Join(err, c.objects.ClockCookie.Set(uint64(0)))
}

// readLate reads a byte a while after it came.
func readLate(client, server net.Conn) error {
	if _, err := client.Write([]byte{0}); err != nil {
		return err
	}
	time.Sleep(waitToRead)
	_, err := server.Read(make([]byte, 1))
	return err
}

// cookieOf is the kernel's own number of a socket.
func cookieOf(conn *net.TCPConn) (cookie uint64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, err
	}
	controlErr := raw.Control(func(fd uintptr) {
		cookie, err = unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_COOKIE)
	})
	return cookie, errors.Join(controlErr, err)
}
