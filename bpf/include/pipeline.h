// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_PIPELINE_H
#define SLOE_PIPELINE_H

/*
 * Connections of HTTP/1 on which several requests are open at once (pipelining, RFC
 * 9112, section 9.3.2). A turn has room for one, so that such a connection is left to
 * chunks with the I/O that shows it, before its turn is opened, and user space pairs.
 * What shows it is
 *
 *   - a request behind the first head of an I/O, as far as that was captured,
 *   - a request while another one is open,
 *   - a response behind one that is whole (see tail.h): of requests whose heads are longer
 *     than what is captured. Those of this turn are counted as missing, and the next
 *     request goes over.
 *
 * What was read before of a request, or of one that is open, goes over too, if all of it
 * was captured. (net/http reads the first byte of a request alone, if that comes early.)
 */

#include "chunk.h"
#include "emit.h"
#include "exchange.h"

/* Whether the connection can be left to chunks with a request that was read. Lock held. */
static __always_inline bool may_leave_turns(const struct conn *c, const struct request_bytes *b)
{
	bool captured = c->current.len == c->current.bytes && b->total > c->current.len;

	if (!take_chunks || b->held || b->detected != DETECT_YES || b->watch == WATCH_NO)
		return false;
	if (c->early_ns || c->flags & CONN_DEFERRED)
		return false; /* what is held would be missing there */
	if (c->role == ROLE_UNKNOWN && c->flags & CONN_MIDWAY && c->endpoints.family != AF_UNIX)
		return false; /* what comes first may answer older requests. Of a Unix socket nobody knows */
	switch (c->phase) {
	case PHASE_PARTIAL:
		return captured;
	case PHASE_REQUEST:
		return captured && b->pipelined && !c->response_ns;
	}
	return true;
}

/* Sends what was read before of the current request, all of which was captured, on as the first chunk before this I/O's. */
static __always_inline void chunk_begun_request(struct io *io, struct conn *c)
{
	struct scratch *scratch = io->scratch;
	struct chunk_record *r = &scratch->chunk;
	struct chunk_walk *walk = &c->walks[io->direction & 1];
	const struct request *begun = &c->current;
	__u32 flags = CHUNK_BEGINS | CHUNK_FIRST | CHUNK_LAST | CHUNK_FROM_START;

	fill_chunk(r, io->sk, scratch, c);
	r->direction = io->direction & 1;
	r->end = chunk_position(io, walk);
	r->position = r->end - begun->len;
	r->boundary = BOUNDARY_UNKNOWN;
	r->tid = begun->tid;
	r->time_ns = begun->start_ns;
	r->queue_ns = begun->queue_ns;
	if (begun->flags & EXCHANGE_QUEUE_KNOWN)
		flags |= CHUNK_QUEUE_KNOWN;
	walk->started = 1;
	walk->next = r->end;
	__builtin_memcpy(r->data, begun->data, REQUEST_PREFIX);
	emit_chunk(scratch, begun->len, flags);
}

/*
 * Leaves a connection that pipelines to chunks, if it can be done with this I/O; else
 * with a later one. Returns whether it was.
 */
static __always_inline bool leaves_turns(struct io *io, struct conn *c, const struct request_bytes *b)
{
	struct scratch *scratch = io->scratch;
	bool leaves, served = false;
	__u32 after = 0, phase;

	lock_conn(c);
	phase = c->phase;
	leaves = may_leave_turns(c, b);
	if (!leaves) {
		c->flags |= CONN_PIPELINES;
	} else {
		if (phase == PHASE_RESPONSE && c->flags & CONN_TAIL_DUE)
			after = last_tail(&scratch->tail, c);
		if (c->role == ROLE_UNKNOWN) {
			c->role = io->direction == DIRECTION_RECV ? ROLE_SERVER : ROLE_CLIENT;
			served = c->role == ROLE_SERVER;
		}
		c->protocol = PROTOCOL_PIPELINED;
		c->phase = PHASE_IDLE;
		c->flags |= CONN_FROM_START;
		c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD);
		__builtin_memset(c->walks, 0, sizeof(c->walks));
	}
	unlock_conn(c);
	if (!leaves)
		return false;
	tell_exchanges(c);
	if (after & AFTER_TAIL)
		emit_tail(&scratch->tail);
	if (served)
		note_served(&io->process, io->sk->__sk_common.skc_num);
	if (phase == PHASE_REQUEST) {
		count(COUNT_LEFT_TO_CHUNKS);
		if (io->is_unix)
			count_unix(&c->process, c->role, PROTOCOL_HTTP1, true);
	}
	if (phase == PHASE_REQUEST || phase == PHASE_PARTIAL)
		chunk_begun_request(io, c);
	return true;
}

#endif
