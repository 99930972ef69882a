// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"testing"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/protocoltest"
)

// benchmark feeds the same requests and responses again and again: an operation is
// one stream, with the number of chunks that the kernel would send for it. The
// headers are in the tables already, as on a connection that is in use.
func benchmark(b *testing.B, brief bool, first, request, answered, response func(w *protocoltest.FrameWriter, id uint32) []byte) {
	sink := &protocoltest.Counted{}
	env := &protocol.Environment{Call: &protocol.Call{Texts: protocol.NewTexts(), Brief: brief}, Sink: sink}
	s := Parser{}.Open(&protocol.Link{Kind: protocol.Server, FromStart: true}, env)
	asks, says := protocoltest.NewFrameWriter(b), protocoltest.NewFrameWriter(b)
	s.Read(&protocol.Chunk{Bytes: append(asks.Frame("preface"), first(asks, 1)...)})
	s.Read(&protocol.Chunk{Direction: protocol.Sent, Bytes: answered(says, 1)})
	in, out := request(asks, 3), response(says, 3)
	b.ReportAllocs()
	id := uint32(3)
	var chunk protocol.Chunk // one for all, as the receiver has
	for b.Loop() {
		id += 2
		put(in, id)
		put(out, id)
		chunk = protocol.Chunk{Direction: protocol.Received, Bytes: in, Begins: true, TimeNs: 1}
		s.Read(&chunk)
		chunk = protocol.Chunk{Direction: protocol.Sent, Bytes: out, Begins: true, TimeNs: 2}
		s.Read(&chunk)
	}
	protocoltest.Calibrate(b)
	if sink.Calls != b.N+1 {
		b.Fatalf("%d calls of %d", sink.Calls, b.N+1)
	}
}

// put writes a stream into all frames.
func put(b []byte, id uint32) {
	for len(b) > 0 {
		f := parseFrame(b)
		b[5], b[6], b[7], b[8] = byte(id>>24), byte(id>>16), byte(id>>8), byte(id)
		b = b[headerSize+f.length:]
	}
}

func script(t testing.TB, frames ...string) func(w *protocoltest.FrameWriter, id uint32) []byte {
	return func(w *protocoltest.FrameWriter, id uint32) []byte {
		var out []byte
		for _, f := range frames {
			out = append(out, w.Frame(f)...)
		}
		put(out, id)
		return out
	}
}

func BenchmarkGRPCUnary(b *testing.B) {
	request := script(b, "headers 1 :method=POST :scheme=http :path=/shop.Orders/Get :authority=shop.example:8080 content-type=application/grpc user-agent=grpc-go/1.83.2 te=trailers", "data 1 end message 60")
	response := script(b, "headers 1 :status=200 content-type=application/grpc", "data 1 message 60", "headers 1 end grpc-status=0 grpc-message=\"\"")
	for name, brief := range map[string]bool{"spans": false, "histograms": true} {
		b.Run(name, func(b *testing.B) { benchmark(b, brief, request, request, response, response) })
	}
}

func BenchmarkGet(b *testing.B) {
	request := script(b, "headers 1 end :method=GET :scheme=http :path=/orders/7 :authority=shop.example user-agent=curl/8.5.0 accept=*/*")
	response := script(b, "headers 1 :status=200 !server=nginx !content-type=text/plain !content-length=3", "data 1 end \"ok\"")
	for name, brief := range map[string]bool{"spans": false, "histograms": true} {
		b.Run(name, func(b *testing.B) { benchmark(b, brief, request, request, response, response) })
	}
}
