// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

const (
	// maxStreams bounds the streams of one connection that are held. Servers allow
	// 100 to 1,000 at once; streams beyond it are indeterminate.
	maxStreams = 4096
	// keptStreams are kept for reuse.
	keptStreams = 128
)

// Parser opens sessions of HTTP/2.
type Parser struct{}

var _ protocol.Streams = Parser{}

// Open implements protocol.Streams.
func (Parser) Open(link *protocol.Link, env *protocol.Environment) protocol.Session {
	s := &session{env: env, kind: link.Kind, turn: link.Turn, fromStart: link.FromStart, streams: map[uint32]*stream{}}
	for d := range s.in {
		r := &s.in[d]
		r.s, r.direction = s, protocol.Direction(d)
		r.headers.room = env.Room
		if o := env.Call.HTTP; o != nil && !env.Call.Brief {
			r.headers.options = o
		}
		r.headers.whole = link.FromStart
		r.synced = link.FromStart
	}
	if link.Upgrade != nil {
		s.openUpgraded(link.Upgrade)
	}
	return s
}

// session is one connection.
type session struct {
	env       *protocol.Environment
	turn      protocol.Turn
	kind      protocol.Kind
	fromStart bool
	in        [2]reader // by direction

	streams map[uint32]*stream
	free    []*stream
	// firstRequest and lastRequest are the first and the highest stream whose request was
	// seen; 0: none was. A client's streams are odd, and grow (RFC 9113, section 5.1.1).
	firstRequest, lastRequest uint32
	early                     int    // streams of which a response alone was seen
	touched                   int    // streams of which a gap may have swallowed something
	ended                     uint32 // the stream that the call which ends is of
	upgraded                  bool   // stream 1 answers a request of HTTP/1
}

// Kind implements protocol.Session.
func (s *session) Kind() protocol.Kind { return s.kind }

// requests is the direction of requests, if it is known.
func (s *session) requests() (protocol.Direction, bool) {
	switch s.kind {
	case protocol.Server:
		return protocol.Received, true
	case protocol.Client:
		return protocol.Sent, true
	}
	return 0, false
}

// learn says in which direction requests go.
func (s *session) learn(requests protocol.Direction) {
	s.kind = protocol.Server
	if requests == protocol.Sent {
		s.kind = protocol.Client
	}
}

// Read implements protocol.Session.
func (s *session) Read(c *protocol.Chunk) { s.in[c.Direction&1].read(c) }

// Miss implements protocol.Session.
func (s *session) Miss(d protocol.Direction, n uint32, timeNs uint64, proven bool) {
	r := &s.in[d&1]
	if r.synced && n > 0 {
		r.skip(n, moment{ns: timeNs}, proven)
	}
}

// preface takes the client's: nothing of its direction is missing.
func (s *session) preface(d protocol.Direction) {
	s.learn(d)
	if s.lastRequest == 0 {
		s.in[d].headers.whole = true
	}
}

// block takes a header block. began is when its first byte passed, at when its last
// did.
func (s *session) block(d protocol.Direction, f *frame, o *fields, began, at moment, proven bool) {
	response := o.status != 0
	request := o.method != "" || o.path != "" || o.scheme != ""
	requests, known := s.requests()
	if !known {
		if response == request {
			return // of headers that are all unknown nothing can be told
		}
		requests = d
		if response {
			requests = d.Other()
		}
		s.learn(requests)
	}
	if d == requests {
		s.request(f, o, began)
		return
	}
	s.response(f, o, at, proven)
}

// request takes the headers of a request, or trailers behind its body.
func (s *session) request(f *frame, o *fields, began moment) {
	id := f.stream
	if id&1 == 0 {
		return
	}
	st := s.streams[id]
	if st != nil && st.request {
		return // trailers
	}
	if st == nil && id <= s.lastRequest {
		return // trailers of a stream that ended, or that was not held
	}
	s.passTo(id)
	if st == nil {
		if st = s.add(id); st == nil {
			s.env.Sink.Indeterminate(1)
			return
		}
	} else {
		s.early--
	}
	st.open(o, began)
	st.further[asked], st.sizes[asked].said = s.keep(o.further), o.contentLength
	if r := &s.in[s.requestIndex().Other()]; !r.synced {
		s.touchStream(st, began.ns) // its answer may pass before responses are read again
	}
	if st.responseEnded {
		s.finish(st, protocol.Answered, st.lastNs)
	}
}

// passTo takes the number of a new request: those before it were seen, or never
// will be.
func (s *session) passTo(id uint32) {
	r := &s.in[s.requestIndex()]
	if r.gap && s.lastRequest != 0 && id > s.lastRequest+2 {
		s.env.Sink.Indeterminate(uint64(id-s.lastRequest)/2 - 1)
	}
	r.gap = false
	if s.firstRequest == 0 {
		s.firstRequest = id
	}
	s.lastRequest = id
	if s.early == 0 {
		return
	}
	for _, st := range s.streams {
		if !st.request && st.id < id {
			if st.id < s.firstRequest {
				s.env.Sink.Boundary()
			}
			s.remove(st)
		}
	}
}

func (s *session) requestIndex() protocol.Direction {
	d, _ := s.requests()
	return d
}

// response takes the headers of a response, interim ones, or trailers.
func (s *session) response(f *frame, o *fields, at moment, proven bool) {
	st := s.answering(f.stream, at)
	if st == nil {
		return
	}
	if o.status >= 100 && o.status < 200 && f.flags&flagEndStream == 0 {
		return // interim (RFC 9110, section 15.2)
	}
	if !st.response {
		st.response, st.status, st.events = true, o.status, httpcall.IsEvents(o.contentType)
		st.further[said] = s.keep(o.further)
	}
	if o.grpcStatus >= 0 {
		st.grpcStatus, st.grpcMessage = o.grpcStatus, o.grpcMessage
	}
	st.unknownStatus = st.unknownStatus || o.unknown
	st.lastNs = at.ns
	if f.flags&flagEndStream != 0 {
		st.headersEnd = true
		s.answered(st, at, proven)
	}
}

// answering returns the stream that a response is of, nil if it is not held. A
// response whose request's hook has not run yet is held for it.
func (s *session) answering(id uint32, at moment) *stream {
	if st := s.streams[id]; st != nil {
		return st
	}
	if id&1 == 0 || id <= s.lastRequest {
		return nil
	}
	st := s.add(id)
	if st == nil {
		return nil
	}
	st.firstNs = at.ns
	s.early++
	return st
}

// answered takes the end of a response.
func (s *session) answered(st *stream, at moment, proven bool) {
	st.responseEnded, st.lastNs, st.endUnknown = true, at.ns, !proven
	if st.request {
		s.finish(st, protocol.Answered, at.ns)
	}
}

// data takes the end of a DATA frame.
func (s *session) data(d protocol.Direction, f *frame, at moment, proven bool) {
	requests, known := s.requests()
	st := s.streams[f.stream]
	if !known || st == nil {
		return
	}
	st.sizes[sideOf(d == requests)].add(f)
	if d == requests {
		return
	}
	st.lastNs, st.endUnknown = at.ns, !proven
	if f.flags&flagEndStream != 0 {
		s.answered(st, at, proven)
	}
}

// dataBegins takes the beginning of the payload of a DATA frame.
func (s *session) dataBegins(d protocol.Direction, f *frame, b []byte) {
	requests, known := s.requests()
	st := s.streams[f.stream]
	if !known || st == nil {
		return
	}
	if d != requests {
		st.said.frame(f, b)
		return
	}
	st.asked.frame(f, b)
	if st.dataSeen {
		return
	}
	st.dataSeen = true
	st.form = formOf(f, b)
}

// dataUnknown takes a DATA frame whose payload's beginning is not known.
func (s *session) dataUnknown(d protocol.Direction, id uint32) {
	requests, known := s.requests()
	if st := s.streams[id]; known && st != nil {
		if d == requests {
			st.asked.lost = true
		} else {
			st.said.lost = true
		}
	}
}

// reset takes RST_STREAM (RFC 9113, section 6.4).
func (s *session) reset(d protocol.Direction, id uint32, payload []byte, at moment) {
	requests, known := s.requests()
	st := s.streams[id]
	if !known || st == nil {
		return
	}
	if !st.request {
		st.responseEnded = true
		st.lastNs, st.resetBy = at.ns, outcomeOf(d == requests)
		return
	}
	if d != requests {
		st.errorCode(payload)
	}
	s.abort(st, outcomeOf(d == requests), at.ns)
}

func outcomeOf(byClient bool) protocol.Outcome {
	if byClient {
		return protocol.AbortedByClient
	}
	return protocol.AbortedByServer
}

// abort ends a stream whose response did not end. As with HTTP/1, a request is
// answered with the head of its response; a gRPC call is with its status, which
// comes last.
func (s *session) abort(st *stream, outcome protocol.Outcome, ns uint64) {
	switch {
	case st.response && st.family() == familyHTTP:
		st.endUnknown = st.endUnknown || st.touchedNs != 0
		s.finish(st, protocol.Answered, max(st.lastNs, st.startNs))
	case st.touchedNs != 0:
		s.giveUp(st) // the answer may have been in the gap
	default:
		s.finish(st, outcome, ns)
	}
}

// Close implements protocol.Session.
func (s *session) Close(byPeer bool, timeNs uint64) {
	outcome := outcomeOf((s.kind == protocol.Server) == byPeer)
	for _, st := range s.held() {
		switch {
		case !st.request:
			if !s.fromStart && s.lastRequest == 0 {
				s.env.Sink.Boundary()
			}
			s.remove(st)
		default:
			s.abort(st, outcome, timeNs)
		}
	}
	s.free = nil
	for d := range s.in {
		s.in[d].close()
	}
}

// Abandon implements protocol.Session.
func (s *session) Abandon() {
	for _, st := range s.held() {
		s.giveUp(st)
	}
	s.free = nil
	for d := range s.in {
		s.in[d].close()
	}
}

// Unanswered implements protocol.Session.
func (s *session) Unanswered(beforeNs uint64) int {
	n := 0
	for _, st := range s.streams {
		if st.request && st.touchedNs == 0 && !st.response && st.startNs < beforeNs {
			n++
		}
	}
	return n
}

// finish ends a stream as a call. Of one that may be gRPC or not, neither kind of
// call is made.
func (s *session) finish(st *stream, outcome protocol.Outcome, endNs uint64) {
	if st.family() == familyUnknown {
		s.giveUp(st)
		return
	}
	call := s.env.Call
	call.Reset()
	s.turn.Kind, s.turn.Outcome = s.kind, outcome
	st.fill(&s.turn, call, endNs)
	s.ended = st.id
	upgraded := s.isUpgraded(st)
	s.remove(st)
	if upgraded {
		s.env.Sink.Upgraded(call)
		return
	}
	s.env.Sink.Ended(call)
}
