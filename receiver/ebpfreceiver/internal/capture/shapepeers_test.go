// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// A connector makes a connection within this process.
type connector func() (server, client int, err error)

var (
	tcp4   = listening(unix.AF_INET, 0, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, nil)
	tcp6   = listening(unix.AF_INET6, 0, &unix.SockaddrInet6{Addr: [16]byte{15: 1}}, nil)
	mapped = listening(unix.AF_INET6, 0, &unix.SockaddrInet6{}, func(port int) unix.Sockaddr {
		return &unix.SockaddrInet6{Port: port, Addr: [16]byte{10: 0xff, 0xff, 127, 0, 0, 1}}
	})
	mptcp = listening(unix.AF_INET, unix.IPPROTO_MPTCP, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}, nil)
)

// listening connects over a listener at an address. If to is given, the client
// connects to what it makes of the listener's port.
func listening(family, protocol int, at unix.Sockaddr, to func(port int) unix.Sockaddr) connector {
	return func() (server, client int, err error) {
		listener, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol)
		if err != nil {
			return 0, 0, err
		}
		defer func() { _ = unix.Close(listener) }() // it has served its one connection
		if err := errors.Join(unix.Bind(listener, at), unix.Listen(listener, 1)); err != nil {
			return 0, 0, err
		}
		address, err := unix.Getsockname(listener)
		if err != nil {
			return 0, 0, err
		}
		if v6, ok := address.(*unix.SockaddrInet6); ok && to != nil {
			address = to(v6.Port)
		}
		if client, err = unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, protocol); err != nil {
			return 0, 0, err
		}
		if err := unix.Connect(client, address); err != nil {
			return 0, 0, err
		}
		server, _, err = unix.Accept4(listener, unix.SOCK_CLOEXEC)
		return server, client, err
	}
}

func pair() (server, client int, err error) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	return ends[0], ends[1], err
}

// playShape does as many turns over a fresh connection as each line of in says, and
// answers with the process id of the server when both ends are closed.
func playShape(name string, in io.Reader, out io.Writer) error {
	i := slices.IndexFunc(shapes, func(s shape) bool { return s.what == name })
	if i < 0 {
		return fmt.Errorf("there is no shape %q", name)
	}
	s := &shapes[i]
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		connections, each := 1, n
		if s.single {
			connections, each = n, 1
		}
		var pid int
		for range connections {
			if pid, err = s.play(each); err != nil {
				return err
			}
		}
		fmt.Fprintln(out, pid)
	}
	return lines.Err()
}

func (s *shape) play(n int) (serverPID int, err error) {
	server, client, err := s.connect()
	if err != nil {
		return 0, err
	}
	served := make(chan error, 1)
	serverPID = os.Getpid()
	switch s.what {
	case "passed over fork":
		serverPID, err = serveElsewhere(inherit, server, served)
	case "passed by SCM_RIGHTS":
		serverPID, err = serveElsewhere(takeRights, server, served)
	default:
		go func() { served <- s.server.serve(server) }()
	}
	if err != nil {
		return 0, err
	}
	err = s.client.ask(client, n)
	return serverPID, errors.Join(err, unix.Close(client), <-served)
}

// ask does n turns.
func (w *way) ask(fd, n int) error {
	for range n {
		if err := w.send(fd, []byte(httpRequest)); err != nil {
			return fmt.Errorf("ask: %w", err)
		}
		if _, err := w.read(fd, len(httpResponse)); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
	}
	return nil
}

// serve answers until the client closes, and closes the connection.
func (w *way) serve(fd int) error {
	for {
		n, err := w.read(fd, len(httpRequest))
		if n == 0 && errors.Is(err, io.EOF) {
			return unix.Close(fd)
		}
		if err != nil {
			return fmt.Errorf("read the request: %w", err)
		}
		if err := w.send(fd, []byte(httpResponse)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

// read receives until it has so many bytes.
func (w *way) read(fd, want int) (int, error) {
	b := make([]byte, want)
	for got := 0; got < want; {
		n, err := w.receive(fd, b[got:])
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return got, err
		case n == 0:
			return got, io.EOF
		}
		got += max(n, 0)
	}
	return want, nil
}

// How a connection comes to the process that serves it: its third descriptor is the
// connection itself, or a Unix socket over which it is sent.
const (
	inherit    = "inherit"
	takeRights = "take rights"
)

const handedDescriptor = 3

// serveElsewhere hands a connection to another process, which serves it.
func serveElsewhere(how string, fd int, served chan<- error) (pid int, err error) {
	given := fd
	var over [2]int
	if how == takeRights {
		if over, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err != nil {
			return 0, err
		}
		given = over[1]
	}
	file := os.NewFile(uintptr(given), "handed")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), peersVariable+"="+how)
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{file}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	if how == takeRights {
		err = errors.Join(unix.Sendmsg(over[0], []byte{1}, unix.UnixRights(fd), nil, 0), unix.Close(over[0]), unix.Close(fd))
	}
	go func() { served <- cmd.Wait() }()
	return cmd.Process.Pid, errors.Join(err, file.Close())
}

// serveHanded serves the connection that was handed over.
func serveHanded(how string) error {
	fd := handedDescriptor
	if how == takeRights {
		oob := make([]byte, unix.CmsgSpace(4))
		_, n, _, _, err := unix.Recvmsg(fd, make([]byte, 1), oob, 0)
		if err != nil {
			return err
		}
		messages, err := unix.ParseSocketControlMessage(oob[:n])
		if err != nil || len(messages) != 1 {
			return fmt.Errorf("%d control messages: %w", len(messages), err)
		}
		rights, err := unix.ParseUnixRights(&messages[0])
		if err != nil || len(rights) != 1 {
			return fmt.Errorf("%d descriptors: %w", len(rights), err)
		}
		fd = rights[0]
	}
	return plain.serve(fd)
}
