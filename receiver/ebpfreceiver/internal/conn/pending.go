// SPDX-License-Identifier: Apache-2.0

// Package conn keeps the calls whose responses go on beyond their records until
// the tails have told their ends.
package conn // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/conn"

import (
	"container/list"
	"time"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

const (
	// maxPending bounds the calls that are held: about 20 MB. The oldest goes
	// first, with an unknown end.
	maxPending = 16384
	// patience bounds the wait for the end of a response: a stream, or one whose
	// length is not known on a connection that stays open without another request.
	patience = time.Minute
)

// Held is a call whose end is not known yet. Times are nanoseconds of the
// monotonic clock.
type Held struct {
	Call    *protocol.Call
	Process *process.Identity

	Conn     uint64
	Sequence uint32
	// EndNs is the last byte of the response so far.
	EndNs uint64
	// Length is the response's whole length in bytes, 0 if it is not known.
	Length uint64
	// Rest is how many operations Call stands for, if it stands for those of a turn
	// that were not answered yet; RestFailed is how many of them failed by now.
	Rest, RestFailed uint64
	// FailedBefore is how many operations of the turn had failed before them.
	FailedBefore uint64
	// Upgrade tells that it is a request whose answer comes as a call of HTTP/2.
	Upgrade bool
	// Protocol is the kernel's number of it.
	Protocol uint8
	// Chunked tells that its last chunk ends it.
	Chunked bool
	// Truncated is set by Tail: the server ended the connection before the response
	// was whole.
	Truncated bool
	// bytes of the response so far
	bytes uint64

	addedNs uint64
}

// Pending holds calls by connection. It is for one goroutine. Release is called
// with every call exactly once, ended telling whether its end was seen.
type Pending struct {
	Release func(h *Held, ended bool)

	byConn map[uint64]*list.Element
	oldest *list.List // of *Held, by addedNs
	rests  int        // of them that stand for a rest
}

// NewPending returns an empty Pending.
func NewPending(release func(h *Held, ended bool)) *Pending {
	return &Pending{Release: release, byConn: map[uint64]*list.Element{}, oldest: list.New()}
}

// Len returns the number of calls held, without what stands for a rest.
func (p *Pending) Len() int { return p.oldest.Len() - p.rests }

// Add holds a call. bytes are those of the response so far.
func (p *Pending) Add(h *Held, bytes, nowNs uint64) {
	p.Next(h.Conn)
	if p.oldest.Len() >= maxPending {
		p.release(p.oldest.Front(), false)
	}
	h.bytes, h.addedNs = bytes, nowNs
	if h.Rest > 0 {
		p.rests++
	}
	p.byConn[h.Conn] = p.oldest.PushBack(h)
}

// Next says that a connection's next exchange began: a call that is held for the
// connection ended with its last known byte.
func (p *Pending) Next(conn uint64) {
	if e, ok := p.byConn[conn]; ok {
		h := e.Value.(*Held)
		// whole if the response told no length: then nothing says that more was to come
		p.release(e, h.Length == 0 || h.bytes >= h.Length)
	}
}

// TakeUpgrade hands over the call of a connection that was upgraded, nil if it is not
// held any more. It is not released.
func (p *Pending) TakeUpgrade(conn uint64) *Held {
	e, ok := p.byConn[conn]
	if !ok || !e.Value.(*Held).Upgrade {
		return nil
	}
	delete(p.byConn, conn)
	return p.oldest.Remove(e).(*Held)
}

// Tail takes what the kernel tells of a response. It reports false for a
// connection and exchange that are not held.
func (p *Pending) Tail(t *record.Tail) bool {
	e, ok := p.byConn[t.Conn]
	if !ok || e.Value.(*Held).Sequence != t.Sequence || e.Value.(*Held).Upgrade {
		return false
	}
	h := e.Value.(*Held)
	h.EndNs, h.bytes = t.EndNs, t.ResponseBytes
	if t.Complete() && t.Failed < record.ManyFailed {
		h.settle(uint64(t.Failed))
	}
	if t.Final() {
		h.Truncated = t.Cut() && (h.bytes < h.Length || h.Chunked && !t.MayEnd())
		p.release(e, true)
	}
	return true
}

// settle takes what the tail of a whole response says of its failures.
func (h *Held) settle(failed uint64) {
	h.RestFailed = min(failed-min(failed, h.FailedBefore), h.Rest)
	h.Call.Settle(failed > 0)
}

// Expire releases the calls that were waited for long enough.
func (p *Pending) Expire(nowNs uint64) {
	for e := p.oldest.Front(); e != nil && nowNs-e.Value.(*Held).addedNs > uint64(patience); e = p.oldest.Front() {
		p.release(e, false)
	}
}

// Flush releases all calls, at the end.
func (p *Pending) Flush() {
	for e := p.oldest.Front(); e != nil; e = p.oldest.Front() {
		p.release(e, false)
	}
}

func (p *Pending) release(e *list.Element, ended bool) {
	h := p.oldest.Remove(e).(*Held)
	delete(p.byConn, h.Conn)
	if h.Rest > 0 {
		p.rests--
	}
	p.Release(h, ended)
}
