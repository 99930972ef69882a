// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CHUNKEND_H
#define SLOE_CHUNKEND_H

/* The end of connections in chunk mode: a record without bytes says who ended it, and where both directions were. */

#include "chunk.h"

/* Says once that the connection ended. */
static __always_inline void end_chunks(struct sock *sk, struct conn *c, __u32 user, bool by_peer)
{
	struct scratch *scratch = scratch_of(user);
	struct chunk_record *r;
	bool told;

	if (!scratch)
		return;
	r = &scratch->chunk;
	lock_conn(c);
	told = c->flags & CONN_END_TOLD;
	c->flags |= CONN_END_TOLD;
	unlock_conn(c);
	if (told)
		return;
	fill_chunk(r, sk, scratch, c);
	r->direction = DIRECTION_RECV;
	r->position = c->walks[DIRECTION_RECV].next;
	r->end = c->walks[DIRECTION_SEND].next;
	r->boundary = BOUNDARY_UNKNOWN;
	r->tid = 0;
	r->time_ns = bpf_ktime_get_ns();
	r->queue_ns = 0;
	emit_chunk(scratch, 0, CHUNK_CLOSED | (by_peer ? CHUNK_BY_PEER : 0));
}

/* The state of a socket in chunk mode changes: who closes first decides who ended the streams that are open. */
static __always_inline void on_chunk_state(struct sock *sk, struct conn *c, int new_state)
{
	switch (new_state) {
	case TCP_CLOSE_WAIT:
		note_end(c, END_PEER_CLOSED);
		break;
	case TCP_CLOSE:
		if (sk->sk_err && !(c->ended & END_SELF_CLOSED))
			note_end(c, END_RESET);
		break;
	case TCP_FIN_WAIT1:
		note_end(c, END_SELF_CLOSED);
		break;
	}
}

#endif
