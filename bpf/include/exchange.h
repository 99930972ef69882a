// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_EXCHANGE_H
#define SLOE_EXCHANGE_H

/*
 * An exchange on a connection whose sides take turns: it is opened by a request,
 * and ends exactly once, answered or aborted.
 *
 * Concurrency. A hook runs after its I/O, so hooks of two threads on one
 * connection may run in another order than the bytes went: a response's receive
 * may be seen before its request's send, a next request's receive before the
 * response's send. Both are told by the stream position: bytes were written whose
 * hook has not run. Such an early arrival is held, never discarded.
 *
 * All transitions are made under the connection's lock, in which no helper may be
 * called (where it is the kernel's): user memory is read before it, records are sent after it.
 */

#include "conn.h"
#include "copy.h"
#include "emit.h"
#include "payload.h"
#include "../detect/http1.h"

static __always_inline void fill_request(struct exchange_record *r, const struct conn *c)
{
	r->kind = RECORD_EXCHANGE;
	r->role = c->role;
	r->protocol = c->protocol;
	r->flags = c->current.flags | c->response_flags | (c->flags & CONN_MIDWAY ? EXCHANGE_JOINED_MIDWAY : 0);
	r->status = c->status;
	r->sequence = c->sequence;
	r->tid = c->current.tid;
	r->process = c->process;
	r->conn = c->cookie;
	r->start_ns = c->current.start_ns;
	r->request_end_ns = c->current.last_ns;
	r->queue_ns = c->current.queue_ns;
	r->request_bytes = c->current.bytes;
	r->request_seq = c->current.tcp_seq;
	r->request_len = c->current.len;
	r->operations = c->current.operations;
	r->answered = 0;
	r->failed = 0;
	r->asides = c->asides;
	copy_blocks(r->data, c->current.data, c->current.len, REQUEST_PREFIX);
}

static __always_inline void fill_response(struct exchange_record *r, const struct conn *c)
{
	r->response_ns = c->response_ns;
	r->end_ns = c->response_last_ns;
	r->response_bytes = c->response_bytes;
	r->response_seq = c->response_seq;
	r->response_len = c->response_len;
	r->answered = c->answered;
	r->failed = c->failed;
}

/* What a transition asks to be done when the lock is free again. */
enum after {
	AFTER_OPENED = 1,
	AFTER_TAIL = 2,
	AFTER_ANSWERED = 4,
	AFTER_MUTED = 8,
	AFTER_BOUNDARY = 16,
	AFTER_UNREADABLE = 32,
	AFTER_SERVED = 64,
	AFTER_KEPT = 128, /* the response's prefix is to be kept */
	AFTER_UNRECOGNIZED = 256, /* a turn is not what its port says */
};

/* What a transition asked for, by way of memory: the verifier is to look once at what follows, and not once for each way through it. */
static __always_inline __u32 forget_ways(struct scratch *scratch, __u32 after)
{
	IN_MEMORY(scratch->after) = after;
	return IN_MEMORY(scratch->after);
}

/* Returns whether the tail is wanted: not of an exchange that was spilled. */
static __always_inline bool fill_tail(struct tail_record *t, const struct conn *c, __u8 flags)
{
	t->kind = RECORD_TAIL;
	t->flags = flags | (c->flags & CONN_COMPLETE ? TAIL_COMPLETE : 0);
	t->failed = c->failed < 0xffff ? c->failed : 0xffff;
	t->sequence = c->sequence;
	t->conn = c->cookie;
	t->end_ns = c->response_last_ns;
	t->response_bytes = c->response_bytes;
	return c->recorded;
}

/* The last word on a response that is over. Returns what is to be done. Lock held. */
static __always_inline __u32 last_tail(struct tail_record *t, struct conn *c)
{
	c->flags &= ~CONN_TAIL_DUE;
	return fill_tail(t, c, TAIL_FINAL) ? AFTER_TAIL : 0;
}

/* The same of a response that is whole by what it says itself: that it ended is known before its connection moves on. */
static __always_inline __u32 whole_tail(struct tail_record *t, struct conn *c)
{
	c->flags &= ~CONN_END_UNTOLD;
	return last_tail(t, c);
}

/* Notes of the last bytes of a response so far whether they may end a chunked body. Lock held. */
static __always_inline void note_may_end(struct conn *c, bool may)
{
	if (may)
		c->flags |= CONN_MAY_END;
	else
		c->flags &= ~CONN_MAY_END;
}

/* Sends scratch->record with the response's prefix from scratch->payload at start. No lock held. */
static __always_inline void send_record(struct sock *sk, struct scratch *scratch, struct conn *c, __u32 start)
{
	struct exchange_record *r = &scratch->record;

	scratch->unix_sk = c->endpoints.family == AF_UNIX ? (__u64)sk : 0;
	say_endpoints(c, &r->family, &r->local_port, &r->remote_port, r->local_addr);
	c->recorded = emit_exchange(scratch, start);
}

/* The same with the response's prefix that the connection keeps. */
static __always_inline void send_kept_record(struct sock *sk, struct scratch *scratch, struct conn *c)
{
	copy_blocks(scratch->payload, c->response, c->response_len, RESPONSE_PREFIX);
	send_record(sk, scratch, c, 0);
}

/* Opens an exchange in c->current. Lock held. */
static __always_inline void open_exchange(struct conn *c)
{
	c->sequence++;
	c->phase = PHASE_REQUEST;
	c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD | CONN_LENGTH_KNOWN | CONN_CHUNKED | CONN_COMPLETE);
	c->status = 0;
	c->response_len = 0;
	c->response_flags = 0;
	c->response_bytes = 0;
	c->response_ios = 0;
	c->response_ns = 0;
	c->tail_ns = 0;
	c->ends = 0;
	c->answered = 0;
	c->failed = 0;
	c->say.kinds = c->current.kinds;
	if (!c->current.operations)
		c->asides++;
}

/* Counts an exchange that was opened. No lock held. */
static __always_inline void note_opened(const struct scratch *scratch, const struct conn *c)
{
	count_often(scratch, COUNT_OPENED);
	if (c->endpoints.family == AF_UNIX)
		count_unix(&c->process, c->role, c->protocol, false);
}

/* A request that was held becomes the current one. Returns whether that opened an exchange. Lock held. */
static __always_inline bool promote_next(struct conn *c)
{
	if (!c->next.len)
		return false;
	__builtin_memcpy(&c->current, &c->next, sizeof(c->current));
	c->next.len = 0;
	if (c->current.detected == DETECT_YES) {
		open_exchange(c);
		return true;
	}
	c->phase = PHASE_PARTIAL;
	return false;
}

/* Ends the current exchange as answered. Lock held; the record is sent after it. */
static __always_inline void answer(struct conn *c, struct exchange_record *r)
{
	c->phase = PHASE_RESPONSE;
	c->flags |= CONN_END_UNTOLD;
	c->recorded = 1; /* until send_record knows */
	fill_request(r, c);
	fill_response(r, c);
	r->outcome = OUTCOME_ANSWERED;
}

/*
 * Fills the record of a response that was sent after the peer's FIN, and that waited for
 * the connection's end: this is it, or a request follows that takes its place. Lock held.
 */
static __always_inline __u32 settle_deferred(struct conn *c, struct scratch *scratch)
{
	c->flags &= ~(CONN_DEFERRED | CONN_TAIL_DUE);
	if (c->flags & CONN_COMPLETE)
		c->response_flags |= EXCHANGE_COMPLETE; /* by a tail that was not sent */
	fill_request(&scratch->record, c);
	fill_response(&scratch->record, c);
	scratch->record.outcome = c->ended & END_RESET ? OUTCOME_ABORTED_BY_CLIENT : OUTCOME_ANSWERED;
	return AFTER_ANSWERED;
}

/* Ends the open exchange without a response. Lock held. */
static __always_inline void abort_exchange(struct conn *c, struct exchange_record *r, __u64 now, bool by_client)
{
	c->phase = PHASE_IDLE;
	fill_request(r, c);
	r->outcome = by_client ? OUTCOME_ABORTED_BY_CLIENT : OUTCOME_ABORTED_BY_SERVER;
	r->status = 0;
	r->response_ns = now;
	r->end_ns = now;
	r->response_bytes = c->response_bytes; /* of a response that broke off before its status */
	r->response_seq = 0;
	r->response_len = 0;
}

#endif
