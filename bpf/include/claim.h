// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CLAIM_H
#define SLOE_CLAIM_H

/* Whether a connection that is not decided yet is one of HTTP/2: by its preface, or by frames that follow each other. */

#include "conn.h"
#include "pieces.h"

/* A walk over the first bytes of an I/O in scratch->payload, on the way to what they prove. */
static long claim_step(__u32 i, struct scratch_pointer *p)
{
	struct scratch *scratch = p->scratch;
	struct chunk_copy *s = &scratch->copy;
	__u32 at = s->at, have = s->have, taken;

	if (at >= have)
		return 1;
	taken = have - at;
	barrier_var(at);
	at &= RESPONSE_PREFIX - 1;
	taken = http2_step(&scratch->walk.frames, scratch->payload + at, taken);
	if (!taken) {
		s->lost = 1;
		return 1;
	}
	s->at += taken;
	return 0;
}

/*
 * Whether the current I/O of len bytes is one of HTTP/2: enum http2_claim. Goes on
 * with scratch->walk, and leaves it where the claim was made: before the I/O.
 */
__noinline int claim_chunks(struct scratch *scratch, __u32 len, __u32 fresh)
{
	struct scratch_pointer p = {.scratch = scratch};
	struct http2_walk before, *w;
	struct chunk_copy *s;

	if (!scratch)
		return HTTP2_CLAIM_NONE;
	w = &scratch->walk.frames;
	s = &scratch->copy;
	s->at = 0;
	s->lost = 0;
	s->have = read_payload(scratch, RESPONSE_PREFIX, 0, len) & PAYLOAD_BYTES;
	if (!s->have) {
		http2_miss(w, len);
		return HTTP2_CLAIM_NONE;
	}
	if (http2_claim_client(scratch->payload, s->have)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_CLIENT;
	}
	if (fresh && http2_claim_server(scratch->payload, s->have)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_SERVER;
	}
	before = *w;
	bpf_loop(RESPONSE_PREFIX, claim_step, &p, 0);
	if (!s->lost && s->have < len) {
		if (len - s->have > w->left || w->head_len)
			s->lost = w->proven < HTTP2_PROVEN;
		else
			w->left -= len - s->have;
	}
	if (!s->lost && http2_is_proven(w, len)) {
		*w = before;
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_MIDWAY;
	}
	if (http2_is_lone_headers(scratch->payload, s->have, len)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_MIDWAY;
	}
	if (s->lost)
		http2_lose(w);
	return HTTP2_CLAIM_NONE;
}

/* Whether a connection that was not decided yet turns out to be one of chunks. */
static __always_inline bool turns_to_chunks(struct io *io, struct conn *c)
{
	__u32 direction = io->direction & 1, claim;

	if (!take_chunks || c->protocol != PROTOCOL_UNDECIDED || c->role != ROLE_UNKNOWN)
		return false;
	if (forced_of(c) && !(forced_of(c) & 1 << PROTOCOL_HTTP2))
		return false;
	io->scratch->walk = c->walks[direction];
	claim = claim_chunks(io->scratch, io->len, !(c->flags & CONN_MIDWAY) && !c->misses);
	lock_conn(c);
	c->walks[direction].frames = io->scratch->walk.frames;
	if (claim) {
		c->protocol = PROTOCOL_HTTP2;
		c->phase = PHASE_IDLE;
		if (claim != HTTP2_CLAIM_MIDWAY) {
			/* a connection that was HTTP/1 before may have been answered already */
			if (!c->sequence)
				c->flags |= CONN_FROM_START;
			c->role = (claim == HTTP2_CLAIM_CLIENT) == (direction == DIRECTION_RECV) ? ROLE_SERVER : ROLE_CLIENT;
			/* the other side begins with a frame */
			http2_lose(&c->walks[!direction].frames);
			c->walks[!direction].frames.proven = HTTP2_PROVEN;
		}
	}
	unlock_conn(c);
	return claim != HTTP2_CLAIM_NONE;
}

#endif
