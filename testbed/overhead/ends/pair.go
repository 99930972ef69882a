// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
)

const (
	pairRequest  = "GET /v1/items/42 HTTP/1.1\r\nHost: pair.example:8080\r\nUser-Agent: ends/1\r\nAccept: */*\r\n\r\n"
	pairResponse = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\nServer: ends\r\n\r\nHello, world\n"
)

// playPair is a server and a client, a thread each, with nothing between them but
// four socket I/Os a request.
func playPair(done *atomic.Uint64, connections int) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer listener.Close()
	var servers, clients []socket
	for range connections {
		client, err := dial(listener.Addr().String())
		if err != nil {
			return err
		}
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		server, err := takeOver(conn.(*net.TCPConn))
		if err != nil {
			return err
		}
		if err := conn.Close(); err != nil { // the duplicate stays
			return err
		}
		servers, clients = append(servers, server), append(clients, client)
	}
	fmt.Println("ready")
	failed := make(chan error, 2)
	go func() {
		runtime.LockOSThread()
		failed <- serve(servers)
	}()
	go func() {
		runtime.LockOSThread()
		failed <- ask(done, clients, []byte(pairRequest), make([]byte, len(pairResponse)), pace{group: len(clients)})
	}()
	return <-failed
}

// serve answers the connections in turn.
func serve(connections []socket) error {
	request, response := make([]byte, len(pairRequest)), []byte(pairResponse)
	for {
		for _, c := range connections {
			if err := c.readFull(request); err != nil {
				return err
			}
			if err := c.write(response); err != nil {
				return err
			}
		}
	}
}
