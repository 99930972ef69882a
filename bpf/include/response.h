// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_RESPONSE_H
#define SLOE_RESPONSE_H

/* Bytes in the direction of responses, up to the final response's status line. */

#include "answers.h"
#include "copy.h"
#include "heads.h"
#include "request.h"

static __always_inline bool is_interim(__u32 status)
{
	return status >= 100 && status < 200 && status != 101;
}

static __always_inline void read_head(const struct io *io, struct response_bytes *b, __u32 start)
{
	__u32 head = response_head(io->scratch, start, b->total);

	b->start = start;
	b->detected = head & ((1 << HEAD_STATUS_SHIFT) - 1);
	b->status = head >> HEAD_STATUS_SHIFT;
}

/* Interim responses (RFC 9110, section 15.2) do not answer: finds the final one behind them. */
static __always_inline void skip_interim(const struct io *io, struct response_bytes *b)
{
	__u32 start = final_head(io->scratch, b->total);

	b->interim = true;
	if (start && start < RESPONSE_PREFIX) {
		read_head(io, b, start);
		b->interim = is_interim(b->status);
	}
	if (b->interim && io->len > b->total) {
		/* the final one may stand behind what was captured: answered, with a status that is not known */
		b->interim = false;
		b->unread = true;
		b->status = 0;
		b->start = 0;
	}
}

/* Reads up to room bytes behind the have that are there already, and looks at them. */
static __always_inline void read_response_prefix(const struct io *io, struct response_bytes *b, __u32 room, __u32 have)
{
	int payload = read_payload(io->scratch, room, have, io->len);
	__u32 got = payload & PAYLOAD_BYTES;

	count_untold(payload);
	b->have = have;
	b->unread = got == 0;
	b->last_chunk = payload & PAYLOAD_LAST_CHUNK;
	b->may_end = may_end(payload);
	b->total = have + got;
	b->interim = false;
	read_head(io, b, 0);
}

static __always_inline void read_response_bytes(const struct io *io, struct conn *c, struct response_bytes *b)
{
	__u32 have = c->phase == PHASE_REQUEST ? c->response_len : 0;
	__u32 room = controls.heads_only ? DETECT_ROOM : RESPONSE_PREFIX;

	if (have >= DETECT_STATUS_LINE)
		have = 0;
	if (have)
		__builtin_memcpy(io->scratch->payload, c->response, DETECT_WINDOW);
	read_response_prefix(io, b, room, have);
	if (is_interim(b->status) || (b->detected == DETECT_NO && !b->unread && c->response_flags & EXCHANGE_INTERIM)) {
		if (room < RESPONSE_PREFIX) /* the final one stands behind */
			read_response_prefix(io, b, RESPONSE_PREFIX, have);
		skip_interim(io, b);
	}
}

/* The same of a protocol that is walked along. What a server says by itself answers nothing. */
static __always_inline void read_answers(const struct io *io, struct conn *c, struct response_bytes *b)
{
	int payload = read_payload(io->scratch, controls.heads_only ? DETECT_ROOM : RESPONSE_PREFIX, 0, io->len);
	__u32 got = payload & PAYLOAD_BYTES;
	bool in_step;

	count_untold(payload);
	b->total = got;
	b->unread = got == 0;
	b->walked = true;
	in_step = walk_answers(io, c, got);
	b->interim = in_step && !io->scratch->walked.spoke;
	b->detected = io->scratch->walked.spoke ? DETECT_YES : DETECT_NO;
}

/* What follows a tunnel's 2xx is not HTTP (RFC 9110, section 9.3.6). */
static __always_inline bool is_connect(const struct request *r)
{
	return (*(const __u64 *)r->data & 0x00ffffffffffffffULL) == 0x5443454e4e4f43ULL; /* "CONNECT", little-endian */
}

/* A response before its request's hook. Lock held. */
static __always_inline __u32 hold_early(const struct io *io, struct conn *c, const struct response_bytes *b)
{
	__u32 after = 0;

	if (b->detected != DETECT_YES || is_interim(b->status))
		return 0;
	if (io->direction != DIRECTION_RECV || !send_in_flight(io, c))
		return c->phase == PHASE_IDLE ? AFTER_BOUNDARY : 0;
	if (c->flags & CONN_TAIL_DUE)
		after |= last_tail(&io->scratch->tail, c);
	c->early_ns = io->now;
	c->early_bytes = io->len;
	c->early_write_seq = io->write_seq;
	c->early_len = b->total;
	c->early_status = b->status;
	if (b->walked)
		early_answers(io, c);
	__builtin_memcpy(c->response, io->scratch->payload, RESPONSE_PREFIX);
	return after;
}

/* Lock held. */
static __always_inline __u32 response_transition(const struct io *io, struct conn *c, const struct response_bytes *b)
{
	struct scratch *scratch = io->scratch;
	__u32 after = 0;

	if (c->phase != PHASE_REQUEST) {
		if (!is_walked(c->protocol))
			return hold_early(io, c, b);
		if (c->phase == PHASE_PARTIAL && !send_in_flight(io, c) && c->protocol != PROTOCOL_POSTGRESQL)
			c->phase = PHASE_IDLE; /* what was asked was no operation; PostgreSQL's Flush asks for an answer before the turn ends */
		return io->direction == DIRECTION_RECV && send_in_flight(io, c) ? hold_early(io, c, b) : 0;
	}
	if (b->walked)
		take_answers(io, c);
	if (b->interim) {
		c->response_flags |= b->walked ? 0 : EXCHANGE_INTERIM;
		c->response_len = 0;
		return 0;
	}
	if (!c->response_ns)
		c->response_ns = io->now;
	c->response_last_ns = io->now;
	c->response_bytes += io->len - b->start; /* interim responses are not of it */
	c->response_seq = io->is_unix ? 0 : io->direction == DIRECTION_SEND ? io->write_seq : io->copied_seq;
	if (b->detected == DETECT_MORE) {
		c->response_len = b->total;
		return AFTER_KEPT;
	}
	c->response_ios = 1;
	c->status = b->status;
	if (b->unread)
		c->response_flags |= EXCHANGE_NO_PAYLOAD;
	else if (b->detected == DETECT_NO && !b->start)
		c->response_flags |= EXCHANGE_MISMATCH;
	if (b->status == 101 || (b->status / 100 == 2 && is_connect(&c->current)))
		c->response_flags |= EXCHANGE_SWITCHED | (b->to_http2 ? EXCHANGE_TO_HTTP2 : 0);
	if (b->walked && (scratch->walked.switched || (c->protocol == PROTOCOL_REDIS && detect_redis_replication(c->current.data)) ||
			  (c->protocol == PROTOCOL_MEMCACHED && detect_memcached_watch(c->current.data))))
		c->response_flags |= EXCHANGE_SWITCHED;
	if (b->walked && completes(c)) {
		c->response_flags |= EXCHANGE_COMPLETE;
		c->flags |= CONN_COMPLETE;
	}
	if (b->last_chunk)
		c->response_flags |= EXCHANGE_LAST_CHUNK;
	note_may_end(c, b->may_end);
	if (io->plain && io->direction == DIRECTION_SEND)
		c->recv_seq = io->copied_seq; /* what was read unseen was of the request's body */
	c->response_len = b->unread ? 0 : b->total - b->start;
	after |= AFTER_KEPT;
	answer(c, &scratch->record);
	if (c->role == ROLE_SERVER && c->ended & END_PEER_CLOSED && !c->next.len) {
		/* a client that closed its side may only have finished asking, or have left: a reset will tell */
		c->flags |= CONN_DEFERRED;
		return after;
	}
	after |= AFTER_ANSWERED;
	if (!is_unfinished(c) && promote_next(c))
		after |= AFTER_OPENED;
	return after;
}

/*
 * From the end of a 101's head on, which takes so many bytes of this I/O, the connection
 * speaks HTTP/2: the server goes on with its frames, and the client with its preface.
 * The head is passed over like the rest of a body. Lock held.
 */
static __always_inline void upgrade(struct conn *c, __u32 direction, __u32 head)
{
	struct chunk_walk *ahead = &c->walks[direction & 1], *other = &c->walks[!(direction & 1)];

	c->protocol = PROTOCOL_HTTP2;
	c->phase = PHASE_IDLE;
	c->flags |= CONN_FROM_START;
	c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD);
	http2_lose(&ahead->frames);
	http2_lose(&other->frames);
	ahead->frames.proven = HTTP2_PROVEN;
	other->frames.proven = HTTP2_PROVEN;
	ahead->frames.type = HTTP2_DATA;
	ahead->frames.left = head;
}

/*
 * Keeps the response's prefix with the connection. No more is copied than there is, and
 * not under the lock, which would be held for long. Nobody reads it meanwhile: what does is the next
 * I/O in this direction, or the socket's end, which waits for this system call.
 */
static __always_inline void keep_response(struct conn *c, struct scratch *scratch, const struct response_bytes *b)
{
	copy_response(c->response, scratch->payload, b->start, b->total - b->start);
}

static __always_inline void on_response_bytes(struct io *io, struct conn *c)
{
	struct response_bytes *b = &io->scratch->answers;
	__u32 after, head = 0;
	bool kept;

	__builtin_memset(b, 0, sizeof(*b));
	if (is_walked(c->protocol))
		read_answers(io, c, b);
	else
		read_response_bytes(io, c, b);
	if (take_chunks && b->status == 101) {
		head = upgrade_head(io->scratch, b->start, b->total);
		head = head > b->have ? head - b->have : 0;
		b->to_http2 = head;
	}
	kept = c->phase == PHASE_REQUEST;
	if (kept)
		keep_response(c, io->scratch, b);
	lock_conn(c);
	after = response_transition(io, c, b);
	note_positions(io, c);
	if (after & AFTER_ANSWERED && c->response_flags & EXCHANGE_SWITCHED) {
		if (head)
			upgrade(c, io->direction, head);
		else
			c->protocol = PROTOCOL_MUTED;
	}
	unlock_conn(c);

	after = forget_ways(io->scratch, after);
	if (after & AFTER_KEPT && !kept) /* the request's hook ran just now */
		keep_response(c, io->scratch, b);
	if (after & AFTER_TAIL)
		emit_tail(&io->scratch->tail);
	if (after & AFTER_ANSWERED)
		send_record(io->sk, io->scratch, c, b->start);
	if (after & AFTER_OPENED)
		note_opened(io->scratch, c);
	if (after & AFTER_BOUNDARY)
		on_boundary(io, c);
}

#endif
