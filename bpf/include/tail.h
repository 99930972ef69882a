// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_TAIL_H
#define SLOE_TAIL_H

/* The rest of a response: when it is whole, and what is told of it meanwhile. */

#include "answers.h"
#include "begins.h"
#include "request.h"

#define TAIL_PAUSE_NS 500000000ULL /* between tails of a response whose length is not known */

static __always_inline bool is_power_of_two(__u32 n)
{
	return (n & (n - 1)) == 0;
}

/* The rest of a response that is walked along. What comes behind its end nobody asked for. */
static __always_inline void on_walked_tail(struct io *io, struct conn *c)
{
	bool unfinished = is_unfinished(c);
	__u32 after = 0;

	if (unfinished) {
		int payload = 0;

		io->scratch->base = 0;
		if (c->say.skip < io->len) /* else there is nothing to see */
			payload = read_payload(io->scratch, 0, 0, io->len);
		count_untold(payload);
		walk_answers(io, c, 0);
	}
	lock_conn(c);
	if (unfinished && is_unfinished(c)) {
		take_answers(io, c);
		c->response_bytes += io->len;
		c->response_last_ns = io->now;
		c->response_ios++;
		c->flags |= CONN_TAIL_DUE;
		if (completes(c) || (c->say.lost && c->next.len)) {
			if (!c->say.lost)
				c->flags |= CONN_COMPLETE;
			if (c->flags & CONN_DEFERRED) {
				/* its record, still to be sent, will carry the end */
			} else {
				after |= whole_tail(&io->scratch->tail, c);
				if (c->next.len)
					after |= AFTER_OPENED;
				if (begin_held(io, c)) {
					if (completes(c)) {
						c->response_flags |= EXCHANGE_COMPLETE;
						c->flags |= CONN_COMPLETE;
					}
					answer(c, &io->scratch->record);
					after |= AFTER_ANSWERED;
				}
			}
		}
	}
	note_positions(io, c);
	unlock_conn(c);

	after = forget_ways(io->scratch, after);
	if (after & AFTER_TAIL)
		emit_tail(&io->scratch->tail);
	if (after & AFTER_OPENED)
		note_opened(io->scratch, c);
	if (after & AFTER_ANSWERED)
		send_kept_record(io->sk, io->scratch, c);
}

/*
 * Whether a response begins behind one that was whole with the bytes so far, of requests
 * that stood behind the first one's head, where nothing was captured. Only the response's
 * thread gets here.
 */
static __always_inline bool begins_behind(const struct io *io, const struct conn *c, __u32 learned)
{
	__u64 length = learned & CONN_LENGTH_KNOWN ? io->scratch->length : c->response_length;
	bool whole;

	if (io->direction == DIRECTION_SEND && io->copied_seq != c->recv_seq)
		return false; /* a request may have passed unseen, and have its own count */
	whole = (c->flags | learned) & CONN_LENGTH_KNOWN ? c->response_bytes >= length :
		!(c->flags & CONN_END_UNTOLD) || c->response_flags & EXCHANGE_LAST_CHUNK;
	return whole && begins_response(io);
}

static __always_inline void on_tail_bytes(struct io *io, struct conn *c)
{
	__u32 learned = 0, after = 0;
	bool behind;
	int payload;
	bool last_chunk = false, end_possible = true; /* unless it is known to be chunked, nobody looked */

	if (c->response_ios == 1) {
		/* only the response's thread gets here */
		__builtin_memcpy(io->scratch->payload, c->response, RESPONSE_PREFIX);
		learned = response_length(io->scratch, c->response_len);
	}
	behind = begins_behind(io, c, learned);
	if ((c->flags | learned) & CONN_CHUNKED) {
		payload = read_payload(io->scratch, 0, 0, io->len);
		last_chunk = payload & PAYLOAD_LAST_CHUNK;
		end_possible = may_end(payload);
	}

	lock_conn(c);
	if (c->phase == PHASE_RESPONSE) {
		bool whole;

		c->flags |= learned | CONN_TAIL_DUE | (behind ? CONN_PIPELINES : 0);
		note_may_end(c, end_possible);
		if (learned & CONN_LENGTH_KNOWN)
			c->response_length = io->scratch->length;
		c->response_bytes += io->len;
		c->response_last_ns = io->now;
		c->response_ios++;
		whole = last_chunk || (c->flags & CONN_LENGTH_KNOWN && c->response_bytes >= c->response_length);
		if (c->flags & CONN_DEFERRED) {
			/* its record, still to be sent, will carry the end */
		} else if (whole) {
			after |= whole_tail(&io->scratch->tail, c);
		} else if (!(c->flags & (CONN_LENGTH_KNOWN | CONN_CHUNKED)) &&
			   (is_power_of_two(c->response_ios) || io->now - c->tail_ns > TAIL_PAUSE_NS)) {
			if (fill_tail(&io->scratch->tail, c, 0))
				after |= AFTER_TAIL;
			c->tail_ns = io->now;
		}
		if (io->direction == DIRECTION_SEND && promote_next(c))
			after |= AFTER_OPENED;
	}
	note_positions(io, c);
	unlock_conn(c);

	after = forget_ways(io->scratch, after);
	if (after & AFTER_TAIL)
		emit_tail(&io->scratch->tail);
	if (after & AFTER_OPENED)
		note_opened(io->scratch, c);
	if (behind && !detect_http1_head_end(c->current.data, c->current.len)) /* else user space saw them */
		count_unmeasured(&c->process, c->role, c->protocol, UNMEASURED_PIPELINED, 1);
}

#endif
