// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_OPERATIONS_H
#define SLOE_OPERATIONS_H

/*
 * Requests of protocols that are walked along: what an I/O asks for. A turn without an
 * operation (a log-in, a statement that is only prepared) is an aside: an exchange like
 * others, with which nothing is counted, and from which user space learns what later
 * operations are. What ends no turn (the data of a COPY) opens nothing; it is kept as the
 * beginning of a request, which may follow.
 */

#include "exchange.h"
#include "heads.h"
#include "forced.h"
#include "side.h"

/* Whether a message of PostgreSQL is data of a COPY, or its end. */
static __always_inline bool is_copied(__u8 type)
{
	return type == 'd' || type == 'c' || type == 'f';
}

/* Walks over the I/O, whose first got bytes stand behind `have` in scratch->payload. */
static __always_inline void walk_request(const struct io *io, struct request_bytes *b, __u32 have, __u32 got)
{
	struct scratch *s = io->scratch;

	b->walked = true;
	if (!walk_io(s, b->protocol, io->len, have, got)) {
		b->detected = DETECT_NO;
		return;
	}
	b->operations += s->walked.operations;
	b->kinds |= walk_kinds_behind(s->walked.kinds, b->turns);
	b->turns += s->walked.turns;
	b->opaque = s->walked.switched;
	b->mute += s->walked.mute;
	b->detected = b->operations || b->turns ? DETECT_YES : DETECT_MORE;
	if (b->detected == DETECT_MORE && is_mysql(b->protocol) && !s->pace.skip && !s->pace.held)
		b->detected = DETECT_NO; /* a command that has no answer: the next one is no part of it */
	if (b->detected == DETECT_MORE && b->protocol == PROTOCOL_MEMCACHED && !(s->pace.state & MEMCACHED_IN_LINE))
		b->detected = DETECT_NO; /* what has no answer, or the rest of what was refused */
	if (b->detected == DETECT_MORE && b->protocol == PROTOCOL_POSTGRESQL && !have && (b->middle || is_copied(s->payload[0]) || s->payload[0] == 'X'))
		b->detected = DETECT_NO; /* what is left of a COPY that failed: the next request is no part of it; or Terminate, which none follows */
}

/* The bytes are those of a known connection. */
static __always_inline void read_operations(const struct io *io, const struct conn *c, struct request_bytes *b, __u32 have, __u32 got)
{
	struct scratch *s = io->scratch;

	b->protocol = c->protocol;
	s->pace = c->ask;
	if (s->pace.lost) {
		/* a new turn begins with a request, if it looks like one */
		__u32 head = have ? DETECT_NO : any_head(s, b->total, io->len, io->len, 0);

		__u8 protocol = head >> HEAD_PROTOCOL_SHIFT & 0xff;

		if ((protocol == c->protocol || (is_mysql(protocol) && is_mysql(c->protocol))) && (head & HEAD_DETECTED) == DETECT_YES && !(head & HEAD_GREETING))
			__builtin_memset(&s->pace, 0, sizeof(s->pace));
	}
	b->middle = s->pace.skip || s->pace.left || s->pace.held;
	walk_request(io, b, have, got);
}

#define FORCED_CUT 1024 /* bytes of an I/O that may end amid a message: the buffers of clients and servers are no smaller */

/* A connection whose protocol is not known spoke, and it is what head says. */
static __always_inline void claim(const struct io *io, const struct conn *c, struct request_bytes *b, __u32 head, __u32 have, __u32 got)
{
	struct scratch *s = io->scratch;

	b->protocol = head >> HEAD_PROTOCOL_SHIFT & 0xff;
	b->detected = head & HEAD_DETECTED;
	b->greeting = head & HEAD_GREETING;
	if (forced_of(c) && is_asked(c, io->direction) == b->greeting) {
		b->detected = DETECT_NO;
		b->pipelined = false;
	}
	if (b->detected != DETECT_YES || b->protocol == PROTOCOL_HTTP1)
		return;
	if (!forced_of(c) && !may_speak(io, c, b->greeting)) {
		b->detected = DETECT_NO;
		return;
	}
	__builtin_memset(&s->pace, 0, sizeof(s->pace));
	if (b->greeting) {
		b->silent = true;
		b->walked = true; /* from here on */
		s->pace.state = MYSQL_LOGIN;
		return;
	}
	if (head & HEAD_STARTUP)
		s->pace.state = POSTGRESQL_STARTUP;
	if (have) { /* what was held while it could not be told */
		if (!walk_io(s, b->protocol, have, 0, have)) {
			b->detected = DETECT_NO;
			return;
		}
		b->operations = s->walked.operations;
		b->turns = s->walked.turns;
		b->kinds = s->walked.kinds;
		b->mute = s->walked.mute;
	}
	walk_request(io, b, have, got);
	if (head & HEAD_FORM && s->walked.odd && !forced_of(c)) {
		b->detected = DETECT_NO;
		b->mute = 0;
	}
	b->silent |= b->mute && b->detected == DETECT_NO;
	if (head & HEAD_STARTUP && b->detected == DETECT_MORE)
		b->silent = true; /* it asked for encryption: the answer is of one byte */
	if (forced_of(c) && (is_mysql(b->protocol) || b->protocol == PROTOCOL_POSTGRESQL) && b->detected == DETECT_NO && !s->pace.lost) {
		b->detected = DETECT_MORE; /* what has no answer, such as a farewell: no request is missing */
		b->silent = true;
	}
	if (head & HEAD_CHAIN && forced_of(c)) {
		/* the port says what it is: its end may come later, but not in what no buffer would have cut */
		if ((s->pace.skip || s->pace.held) && io->len < FORCED_CUT)
			b->detected = DETECT_NO;
		b->silent = b->detected == DETECT_MORE;
		return;
	}
	/* a chain of messages proves itself by its end */
	if (head & HEAD_CHAIN && (b->detected != DETECT_YES || !b->operations || !b->turns || s->pace.skip || s->pace.held))
		b->detected = DETECT_NO;
}

#endif
