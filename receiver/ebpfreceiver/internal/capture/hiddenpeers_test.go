// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// What the peers do whose requests cannot be measured.
const (
	hiddenTLS     = "tls-1.2" // requests over one connection under TLS
	hiddenTLSNow  = "tls-1.3"
	hiddenRing    = "ring"         // a server that reads and writes by io_uring
	hiddenSplice  = "splice"       // a server that takes every other request by splice
	hiddenOther   = "other-beside" // HTTP on one connection, something else on others to the same port
	hiddenMidway  = "midway"       // a request that waits for the next line to be answered
	hiddenStorage = "storage"      // sockets without room for the connection's state
	hiddenUnasked = "unasked"      // a server that answers though nobody asked
)

// hidden are the plays by name. Each gets lines of numbers, and says a line when it
// has done as many turns.
var hidden = map[string]func(turns <-chan int, done func()) error{
	hiddenTLS: playTLS(tls.VersionTLS12), hiddenTLSNow: playTLS(tls.VersionTLS13), hiddenRing: playRing, hiddenSplice: playSplice, hiddenOther: playOther,
	hiddenMidway: playMidway, stepByStep: playSteps, hiddenStorage: playStorage, hiddenUnasked: playUnasked,
}

// playHidden is one of hidden.
func playHidden(protocol string, in io.Reader, out io.Writer) error {
	turns, failed := make(chan int), make(chan error, 1)
	go func() { failed <- hidden[protocol](turns, func() { fmt.Fprintln(out, "done") }) }()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			return err
		}
		select {
		case turns <- n:
		case err := <-failed:
			return err
		}
	}
	close(turns)
	return errors.Join(lines.Err(), <-failed)
}

// ask does a turn at a client.
func ask(conn io.ReadWriter) error {
	if _, err := io.WriteString(conn, httpRequest); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, len(httpResponse)))
	return err
}

// connected returns both ends of a TCP connection over a listener of its own.
func connected() (client, server *net.TCPConn, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	accepted, err := listener.Accept()
	if err != nil {
		return nil, nil, err
	}
	return conn.(*net.TCPConn), accepted.(*net.TCPConn), nil
}

func playTLS(version uint16) func(turns <-chan int, done func()) error {
	return func(turns <-chan int, done func()) error { return askUnderTLS(version, turns, done) }
}

func askUnderTLS(version uint16, turns <-chan int, done func()) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	near, far, err := connected()
	if err != nil {
		return err
	}
	go answer(tls.Server(far, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}}}), hiddenTurn)
	client := tls.Client(near, &tls.Config{InsecureSkipVerify: true, MinVersion: version, MaxVersion: version}) // its certificate is its own word
	defer client.Close()
	return askEach(client, turns, done)
}

var hiddenTurn = struct{ request, response string }{httpRequest, httpResponse}

func askEach(client io.ReadWriter, turns <-chan int, done func()) error {
	for n := range turns {
		for range n {
			if err := ask(client); err != nil {
				return err
			}
		}
		done()
	}
	return nil
}

func playSplice(turns <-chan int, done func()) error {
	for n := range turns {
		client, server, err := connected()
		if err != nil {
			return err
		}
		answered := make(chan error)
		go func() { answered <- answerBySplice(server, n) }()
		for range n {
			if err := ask(client); err != nil {
				return err
			}
		}
		if err := errors.Join(client.Close(), <-answered); err != nil {
			return err
		}
		done()
	}
	return nil
}

// answerBySplice takes every other request without a hook.
func answerBySplice(server *net.TCPConn, turns int) error {
	defer server.Close()
	raw, err := server.File()
	if err != nil {
		return err
	}
	defer raw.Close()
	fd := int(raw.Fd()) // blocking from here on
	var pipe [2]int
	if err := unix.Pipe(pipe[:]); err != nil {
		return err
	}
	buffer := make([]byte, len(httpRequest))
	for turn := range turns {
		if turn%2 == 0 {
			_, err = unix.Read(fd, buffer)
		} else {
			n, spliceErr := unix.Splice(fd, nil, pipe[1], nil, len(buffer), 0) // how wide n is depends on the architecture
			if err = spliceErr; err == nil {
				_, err = unix.Read(pipe[0], buffer[:n])
			}
		}
		if err != nil {
			return err
		}
		if _, err := unix.Write(fd, []byte(httpResponse)); err != nil {
			return err
		}
	}
	_, err = unix.Read(fd, buffer) // the end of the stream
	return err
}

func playOther(turns <-chan int, done func()) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go repeat(conn)
		}
	}()
	for n := range turns {
		if err := askInto(listener, httpRequest, 1); err != nil {
			return err
		}
		for range n {
			if err := askInto(listener, "\x01binary\n", 10); err != nil {
				return err
			}
		}
		done()
	}
	return nil
}

// repeat says what it hears. io.Copy would splice, which no hook sees.
func repeat(conn net.Conn) {
	buffer := make([]byte, len(httpRequest))
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// askInto says the same a few times over a connection of its own.
func askInto(listener net.Listener, what string, times int) error {
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return err
	}
	defer conn.Close()
	for range times {
		if _, err := io.WriteString(conn, what); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, make([]byte, len(what))); err != nil {
			return err
		}
	}
	return nil
}

func playMidway(turns <-chan int, done func()) error {
	client, server, err := connected()
	if err != nil {
		return err
	}
	defer client.Close()
	defer server.Close()
	for range turns {
		if _, err := io.WriteString(client, httpRequest); err != nil {
			return err
		}
		if _, err := io.ReadFull(server, make([]byte, len(httpRequest))); err != nil {
			return err
		}
		done()
		if _, more := <-turns; !more {
			return nil
		}
		if _, err := io.WriteString(server, httpResponse); err != nil {
			return err
		}
		if _, err := io.ReadFull(client, make([]byte, len(httpResponse))); err != nil {
			return err
		}
		done()
	}
	return nil
}

func playUnasked(turns <-chan int, done func()) error {
	for n := range turns {
		for range n {
			client, server, err := connected()
			if err != nil {
				return err
			}
			if _, err := io.WriteString(server, "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"); err != nil {
				return err
			}
			_ = server.Close() // the client reads to its end
			if _, err := io.Copy(io.Discard, client); err != nil {
				return err
			}
			_ = client.Close()
		}
		done()
	}
	return nil
}

// playStorage is in a network namespace of its own, whose sockets may hold nothing.
func playStorage(turns <-chan int, done func()) error {
	if err := raiseLoopback(); err != nil {
		return err
	}
	if err := os.WriteFile("/proc/sys/net/core/optmem_max", []byte("0"), 0o600); err != nil {
		return err
	}
	client, server, err := connected()
	if err != nil {
		return err
	}
	defer client.Close()
	go answer(server, hiddenTurn)
	return askEach(client, turns, done)
}

// raiseLoopback brings up the loopback interface, which is down in a new namespace.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }() // nothing was written to it
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
