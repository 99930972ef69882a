// SPDX-License-Identifier: Apache-2.0

package http1

import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"

// asking takes the requests of a session, and answering its responses.
type (
	asking    session
	answering session
)

// headOf implements listener.
func (a *asking) headOf(b []byte, began moment) (bodyKind, uint64, bool) {
	s := (*session)(a)
	req, found := parseRequest(b)
	if found != lineFound || req.headSize == 0 {
		return 0, 0, false
	}
	kind := req.body()
	if s.lost {
		s.env.Sink.Indeterminate(1)
		return kind, req.contentLength, true
	}
	r := s.open.push()
	if r == nil {
		return 0, 0, false
	}
	r.head = append(r.head[:0], b[:min(len(b), keptRequest)]...)
	r.size, r.began, r.method = uint64(req.headSize), began, methodKindOf(req.line.method)
	if kind == bodyLength {
		r.size += req.contentLength
	}
	return kind, req.contentLength, true
}

// endOf implements listener: a request is counted when it is answered.
func (a *asking) endOf(moment, bool) {}

// loses implements listener: at least one request is missing, and which a response is of
// is not known any longer.
func (a *asking) loses() {
	s := (*session)(a)
	s.env.Sink.Indeterminate(1)
	s.lose()
}

// headOf implements listener.
func (a *answering) headOf(b []byte, began moment) (bodyKind, uint64, bool) {
	s := (*session)(a)
	status, ok := statusOf(b)
	if !ok || s.open.len() == 0 {
		return 0, 0, false
	}
	if status < 200 && status != 101 {
		return bodyNone, 0, true
	}
	resp := parseResponse(b)
	kind := resp.body(s.open.front().method.String(), status)
	s.unsure = false
	s.answer.begun, s.answer.firstNs, s.answer.status = true, began.ns, status
	s.answer.head = append(s.answer.head[:0], b[:min(len(b), keptResponse)]...)
	s.answer.size = uint64(len(b))
	if kind == bodyLength {
		s.answer.size += resp.contentLength
	}
	if kind == bodyTunnel {
		s.finish(began.ns, endSeen)
		s.giveUp()
		s.in[s.requests].part = partTunnel
	}
	return kind, resp.contentLength, true
}

// statusOf reads a status line (RFC 9112, section 4).
func statusOf(b []byte) (int, bool) {
	const code = len("HTTP/1.1 ")
	if len(b) < code+3 || !beginsStatusLine(b) || b[code-1] != ' ' {
		return 0, false
	}
	status := 0
	for _, c := range b[code : code+3] {
		if c < '0' || c > '9' {
			return 0, false
		}
		status = 10*status + int(c-'0')
	}
	return status, status >= 100
}

// endOf implements listener.
func (a *answering) endOf(at moment, proven bool) {
	s := (*session)(a)
	if !s.answer.begun {
		return // an interim one
	}
	how := endSeen
	if !proven {
		how = endUnknown
	}
	s.finish(at.ns, how)
	s.waits = s.waits || s.open.len() == 0
}

// loses implements listener.
func (a *answering) loses() { (*session)(a).lose() }

// lose gives up what is open: which request a response is of is not known.
func (s *session) lose() {
	if s.answer.begun {
		s.finish(s.answer.firstNs, endUnknown)
	}
	s.giveUp()
	s.dropEarly()
	s.lost = true
	s.in[s.requests.Other()].seek()
}

// howEnded tells what is known of a response's end.
type howEnded uint8

const (
	endSeen howEnded = iota
	endUnknown
	endMissing // its server ended the connection before
)

// finish ends the first of the open requests with the response that is read.
func (s *session) finish(ns uint64, how howEnded) {
	s.answer.begun = false
	call := s.fill(s.open.pop(), &s.answer, protocol.Answered, ns)
	call.EndUnknown = how == endUnknown
	if how == endMissing {
		call.Truncate()
	}
	s.env.Sink.Ended(call)
}

// fill makes a call of a request, and of its response, nil: there is none.
func (s *session) fill(r *openRequest, a *answer, outcome protocol.Outcome, endNs uint64) *protocol.Call {
	call, turn := s.env.Call, &s.turn
	call.Reset()
	turn.Outcome, turn.Request, turn.RequestBytes = outcome, r.head, r.size
	turn.Response, turn.ResponseBytes, turn.Status = nil, 0, 0
	startNs := r.began.ns
	if a != nil {
		turn.Response, turn.ResponseBytes, turn.Status = a.head, a.size, a.status
		if a.firstNs < startNs {
			// the request was on its way when the answer came: its start is not later than that
			startNs, call.StartUnproven = a.firstNs, true
		}
	}
	Parser{}.Parse(turn, call)
	call.Kind, call.Outcome = turn.Kind, outcome
	call.StartUnixNano, call.EndUnixNano = startNs, max(endNs, startNs)
	call.QueueNs, call.QueueKnown = r.began.queueNs, r.began.queueKnown && turn.Kind == protocol.Server
	return call
}
