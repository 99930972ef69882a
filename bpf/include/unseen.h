// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_UNSEEN_H
#define SLOE_UNSEEN_H

/*
 * Responses of which no hook told: the kernel skipped it, or they went a way without
 * one. The exchange would be answered by the response after it, and so would each
 * that follows, with times that are none of theirs. Hence, once two things prove it,
 * the exchange is given up and counted as missing:
 *
 *   - the socket's position says that bytes went in the direction of responses since
 *     the last that a hook saw and before this I/O,
 *   - and this I/O belongs to the turn after: at a client it begins a request, at a
 *     server it begins the response to a request that waits behind.
 *
 * What was sent or read by another thread, whose hook is about to run, is not meant: a
 * hook runs before its system call returns, and whoever begins the next turn has waited
 * for that. (Only a client that pipelines has not. If its reader is in between just
 * then, one of two requests is counted as missing, and none is twice.)
 */

#include "begins.h"
#include "request.h"

/* Whether the response to c->current passed unseen. */
static __always_inline bool response_unseen(const struct io *io, const struct conn *c)
{
	__s32 unseen;

	if (!io->plain || io->direction != DIRECTION_SEND || c->protocol != PROTOCOL_HTTP1)
		return false;
	if (c->role == ROLE_CLIENT) {
		unseen = io->copied_seq - c->recv_seq;
		if (unseen == 1 && io->sk->sk_shutdown & RCV_SHUTDOWN)
			return false; /* the end of the stream, which has a number of its own */
		return c->phase == PHASE_REQUEST && unseen > 0 && begins_request(io);
	}
	unseen = io->write_seq - (__u32)io->len - c->sent_seq;
	return (c->phase == PHASE_REQUEST || c->phase == PHASE_RESPONSE) && c->next.len &&
	       c->next.detected == DETECT_YES && unseen > 0 && begins_response(io);
}

static __always_inline void on_unseen(const struct io *io, struct conn *c)
{
	struct process_key process;
	bool lost, opened;

	if (!response_unseen(io, c))
		return;
	lock_conn(c);
	process = c->process;
	lost = c->phase == PHASE_REQUEST; /* else it was answered, and only its end is not known */
	c->phase = PHASE_IDLE;
	opened = promote_next(c);
	unlock_conn(c);
	if (opened)
		note_opened(io->scratch, c);
	if (!lost)
		return;
	count(LOSS_RESPONSE_UNSEEN);
	count_unmeasured(&process, c->role, c->protocol, UNMEASURED_GAP, 1);
}

#endif
