// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_TAIL_H
#define SLOE_TAIL_H

/* The rest of a response: when it is whole, and what is told of it meanwhile. */

#include "heads.h"
#include "request.h"

#define TAIL_PAUSE_NS 500000000ULL /* between tails of a response whose length is not known */

static __always_inline bool is_power_of_two(__u32 n)
{
	return (n & (n - 1)) == 0;
}

static __always_inline void on_tail_bytes(struct io *io, struct conn *c)
{
	__u32 learned = 0, after = 0;
	bool last_chunk = false;

	if (c->response_ios == 1) {
		/* only the response's thread gets here */
		__builtin_memcpy(io->scratch->payload, c->response, RESPONSE_PREFIX);
		learned = response_length(io->scratch, c->response_len);
	}
	if ((c->flags | learned) & CONN_CHUNKED)
		last_chunk = read_payload(io->scratch, 0, 0, io->len) & PAYLOAD_LAST_CHUNK;

	bpf_spin_lock(&c->lock);
	if (c->phase == PHASE_RESPONSE) {
		bool whole;

		c->flags |= learned | CONN_TAIL_DUE;
		if (learned & CONN_LENGTH_KNOWN)
			c->response_length = io->scratch->length;
		c->response_bytes += io->len;
		c->response_last_ns = io->now;
		c->response_ios++;
		whole = last_chunk || (c->flags & CONN_LENGTH_KNOWN && c->response_bytes >= c->response_length);
		if (c->flags & CONN_DEFERRED) {
			/* its record, still to be sent, will carry the end */
		} else if (whole) {
			if (fill_tail(&io->scratch->tail, c, TAIL_FINAL))
				after |= AFTER_TAIL;
			c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD);
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
	bpf_spin_unlock(&c->lock);

	if (after & AFTER_TAIL)
		emit_tail(&io->scratch->tail);
	if (after & AFTER_OPENED)
		count(COUNT_OPENED);
}

#endif
