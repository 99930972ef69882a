// SPDX-License-Identifier: Apache-2.0

package grpcserver

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// ServiceName is package and name of the service.
const ServiceName = "sloe.testbed.Orders"

// Methods of the service, whose messages are strings. Get answers its request; List
// sends as many messages as it is long; Put takes messages and tells how many; Chat
// answers each. A message that begins with the name of a status code, such as
// "Unavailable", makes the call end with it; "hang" waits for the client to leave,
// and "slow" waits a tenth of a second.
const (
	Get  = "/" + ServiceName + "/Get"
	List = "/" + ServiceName + "/List"
	Put  = "/" + ServiceName + "/Put"
	Chat = "/" + ServiceName + "/Chat"
)

// message is what both sides send.
type message = wrapperspb.StringValue

// service is written by hand: its messages are well known, and there is nothing to
// generate.
var service = grpc.ServiceDesc{
	ServiceName: ServiceName,
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{MethodName: "Get", Handler: func(srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor) (any, error) {
		var in message
		if err := decode(&in); err != nil {
			return nil, err
		}
		handle := func(ctx context.Context, request any) (any, error) {
			in := request.(*message)
			if err := obey(ctx, in.Value); err != nil {
				return nil, err
			}
			return &message{Value: in.Value}, nil
		}
		return intercept(ctx, &in, &grpc.UnaryServerInfo{Server: srv, FullMethod: Get}, handle)
	}}},
	Streams: []grpc.StreamDesc{
		{StreamName: "List", ServerStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			var in message
			if err := s.RecvMsg(&in); err != nil {
				return err
			}
			for range len(in.Value) {
				if err := s.SendMsg(&message{Value: in.Value}); err != nil {
					return err
				}
			}
			return obey(s.Context(), in.Value)
		}},
		{StreamName: "Put", ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			return each(s, func(*message) error { return nil }, func(last string) error { return s.SendMsg(&message{Value: last}) })
		}},
		{StreamName: "Chat", ServerStreams: true, ClientStreams: true, Handler: func(_ any, s grpc.ServerStream) error {
			return each(s, func(in *message) error { return s.SendMsg(in) }, func(string) error { return nil })
		}},
	},
}

// each calls f with every message, and then end with the last one's text.
func each(s grpc.ServerStream, f func(*message) error, end func(string) error) error {
	last := ""
	for {
		var in message
		switch err := s.RecvMsg(&in); {
		case errors.Is(err, io.EOF):
			return end(last)
		case err != nil:
			return err
		}
		last = in.Value
		if err := obey(s.Context(), last); err != nil {
			return err
		}
		if err := f(&in); err != nil {
			return err
		}
	}
}

// obey does what a message asks for.
func obey(ctx context.Context, text string) error {
	switch {
	case strings.HasPrefix(text, "hang"):
		<-ctx.Done()
		return status.FromContextError(ctx.Err()).Err()
	case strings.HasPrefix(text, "slow"):
		time.Sleep(100 * time.Millisecond)
	}
	for code := codes.OK + 1; code <= codes.Unauthenticated; code++ {
		if strings.HasPrefix(text, code.String()) {
			return status.Error(code, "as asked for")
		}
	}
	return nil
}
