// SPDX-License-Identifier: Apache-2.0

package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"io"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/sloe-dev/sloe/testbed/workload/address"
)

// Client is a connection to a Server.
type Client struct{ conn *grpc.ClientConn }

// target is an address as gRPC has it: of Unix sockets the same, of others without
// a look-up.
func target(to string) string {
	if network, _ := address.Split(to); network == "unix" {
		return to
	}
	return "passthrough:///" + to
}

// Dial makes a connection. The first call opens it.
func Dial(to string) (*Client, error) {
	conn, err := grpc.NewClient(target(to), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", to, err)
	}
	return &Client{conn: conn}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// Get makes a unary call of any method, and returns its status code.
func (c *Client) Get(ctx context.Context, method, text string) codes.Code {
	var out message
	return status.Code(c.conn.Invoke(ctx, method, &message{Value: text}, &out))
}

// Stream makes a call that streams, with n messages of its own, and returns its
// status code. With inTurns it waits for an answer to each.
func (c *Client) Stream(ctx context.Context, method, text string, n int, inTurns bool) codes.Code {
	s, err := c.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, method)
	if err != nil {
		return status.Code(err)
	}
	var in message
	for range n {
		if err := s.SendMsg(&message{Value: text}); err != nil {
			break // the status tells why
		}
		if inTurns {
			if err := s.RecvMsg(&in); err != nil {
				return status.Code(err)
			}
		}
	}
	if err := s.CloseSend(); err != nil {
		return status.Code(err)
	}
	for {
		switch err := s.RecvMsg(&in); {
		case errors.Is(err, io.EOF):
			return codes.OK
		case err != nil:
			return status.Code(err)
		}
	}
}
