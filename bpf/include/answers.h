// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_ANSWERS_H
#define SLOE_ANSWERS_H

/*
 * Responses of protocols that are walked along: how many operations an I/O answers,
 * how many of them failed, and whether the turn ended with it.
 */

#include "exchange.h"
#include "walk.h"

#define EVERY_TURN 0x7fffffff /* of a request whose hook has not run */

/* Whether what comes now still belongs to an unfinished turn. */
static __always_inline bool is_unfinished(const struct conn *c)
{
	return is_walked(c->protocol) && c->phase == PHASE_RESPONSE && !(c->flags & CONN_COMPLETE) && !c->say.lost;
}

/* Walks over the I/O, whose first got bytes are in scratch->payload. Returns whether the walk is in step. */
static __always_inline bool walk_answers(const struct io *io, const struct conn *c, __u32 got)
{
	io->scratch->pace = c->say;
	if (c->phase != PHASE_REQUEST && !is_unfinished(c)) /* before its request: it begins with a message */
		__builtin_memset(&io->scratch->pace, 0, sizeof(io->scratch->pace));
	return walk_io(io->scratch, c->protocol | WALK_REPLY, io->len, 0, got);
}

/* Adds what the walk came by to the response so far. Lock held. */
static __always_inline void take_answers(const struct io *io, struct conn *c)
{
	const struct walked *w = &io->scratch->walked;

	c->say = io->scratch->pace;
	c->ends += w->turns;
	if (w->ended && c->ends < c->current.turns)
		c->ends = c->current.turns;
	c->answered += w->answered;
	c->failed += w->failed;
}

/* Keeps them for a request whose hook has not run. Lock held. */
static __always_inline void early_answers(const struct io *io, struct conn *c)
{
	c->early_say = io->scratch->pace;
	c->early_walked = io->scratch->walked;
	if (c->early_walked.ended)
		c->early_walked.turns = EVERY_TURN;
}

/* Whether the response is whole. Lock held. */
static __always_inline bool is_complete(const struct conn *c)
{
	return !c->say.lost && c->current.turns && c->ends >= c->current.turns;
}

/* The rest of the turn is passed over, or never answered. Lock held. */
static __always_inline void fail_rest(struct conn *c)
{
	if (c->answered < c->current.operations) {
		c->failed += c->current.operations - c->answered;
		c->answered = c->current.operations;
	}
}

/*
 * The same, with what a whole response says besides: what PostgreSQL did not answer it
 * passed over, behind an error, up to the next Sync; what memcached did not answer went
 * as it should. Lock held.
 */
static __always_inline bool completes(struct conn *c)
{
	if (!is_complete(c))
		return false;
	if (c->protocol == PROTOCOL_POSTGRESQL && c->failed)
		fail_rest(c);
	if (c->protocol == PROTOCOL_MEMCACHED)
		c->answered = c->current.operations;
	return true;
}

/*
 * The connection ends amid a response of PostgreSQL's, and no ReadyForQuery follows. What a
 * server leaves before it has answered it has failed; where the client left first, what it
 * asked for in the turn of an error was passed over. Lock held.
 */
static __always_inline void break_off(struct conn *c, bool by_client)
{
	if (c->protocol != PROTOCOL_POSTGRESQL || c->say.lost || c->flags & CONN_COMPLETE)
		return;
	if (by_client && (c->say.state != POSTGRESQL_FAILED || c->ends + 1 < c->current.turns))
		return;
	fail_rest(c);
	c->flags |= CONN_COMPLETE;
}

/*
 * The turn's response is whole. What was asked meanwhile becomes the current
 * exchange, and what came beyond is its answer; if that holds failures, it is not
 * known whose. Returns whether it is answered. Lock held.
 */
static __always_inline bool begin_held(const struct io *io, struct conn *c)
{
	__u32 beyond = c->say.lost ? 0 : c->ends - c->current.turns;

	if (!c->next.len)
		return false;
	__builtin_memcpy(&c->current, &c->next, sizeof(c->current));
	c->next.len = 0;
	open_exchange(c);
	c->ends = beyond;
	c->say.kinds = beyond < WALK_KINDS ? c->current.kinds >> (beyond * WALK_KIND_BITS) : 0;
	c->failed = 0;
	c->answered = io->scratch->walked.failed || !beyond ? 0 : beyond;
	if (c->protocol == PROTOCOL_POSTGRESQL && c->answered) /* whose turns hold any number of operations */
		c->answered = beyond >= c->current.turns ? c->current.operations : 0;
	if (!beyond)
		return false;
	c->response_ns = c->response_last_ns = io->now;
	c->response_bytes = 0; /* how many of them are its own is not known */
	c->response_ios = 1;
	return true;
}

#endif
