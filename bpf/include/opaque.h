// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_OPAQUE_H
#define SLOE_OPAQUE_H

/*
 * Connections that are given up though they may carry requests: under TLS, or by
 * system calls whose bytes cannot be read. What they say is hidden, not that they
 * take turns. So each turn stands for a request that was not measured: a read of a
 * server after it wrote, a write of a client after it read.
 *
 * A connection that can be read and speaks no protocol of interest hides nothing:
 * what it carries is no request, and it is muted without a word, unless its process
 * serves requests at that very port.
 */

#include "conn.h"
#include "process.h"
#include "unmeasured.h"

#define REPLIED_EARLY 2 /* of conn.replied: and to the next turn too, whose hook is still to run */

/* TLS takes a turn or two to begin (RFC 8446, section 2; RFC 5246, section 7.3). */
#define HANDSHAKE_TURNS 2

/*
 * An accepted connection is a copy of the socket that listens, with its backlog; one
 * that was asked for has none. An accepted Unix socket has the name of the one that
 * listens. This is for connections of which nothing can be read: where a request is
 * read, that decides.
 */
static __always_inline __u8 role_of(struct sock *sk)
{
	struct unix_sock *u;

	if (sk->__sk_common.skc_family != AF_UNIX)
		return sk->sk_max_ack_backlog ? ROLE_SERVER : ROLE_CLIENT;
	u = bpf_skc_to_unix_sock(sk);
	return u && u->addr ? ROLE_SERVER : ROLE_CLIENT;
}

/* Whether this I/O begins a turn. Lock held, or a connection that was given up. */
static __always_inline bool begins_turn(struct conn *c, __u32 direction)
{
	if ((direction == DIRECTION_RECV) != (c->likely_role == ROLE_SERVER)) {
		c->replied = 1;
		return false;
	}
	if (c->turns && !c->replied)
		return false;
	c->replied = c->replied == REPLIED_EARLY; /* then the answer is known */
	c->turns++;
	return true;
}

static __always_inline __u32 opaque_reason(const struct conn *c)
{
	return c->flags & CONN_TLS ? UNMEASURED_OPAQUE_TLS : UNMEASURED_UNREADABLE;
}

/* How many turns of a connection are no request. One is taken for a request at least. */
static __always_inline __u32 first_turns(const struct conn *c)
{
	return (c->flags & (CONN_TLS | CONN_MIDWAY)) == CONN_TLS ? HANDSHAKE_TURNS : 0;
}

/* Whether nobody wants to know of the process. Without a verdict user space decides. */
static __always_inline bool is_unwanted(struct sock *sk, __u8 role, const struct process_key *process)
{
	return filter_generation && watch_of(process, service_port(sk, role)) == WATCH_NO;
}

/* What is lost with a connection that has just been given up. */
static __always_inline void on_given_up(const struct io *io, struct conn *c)
{
	struct process_key process = io->process;
	__u8 role = c->likely_role;
	__u32 n = 1;

	if (is_unwanted(io->sk, role, &process))
		return;
	if (!(c->flags & (CONN_TLS | CONN_UNREADABLE))) {
		if (role == ROLE_SERVER && is_served(&process, io->sk->__sk_common.skc_num))
			count_unmeasured(&process, role, PROTOCOL_UNDECIDED, UNMEASURED_UNRECOGNIZED, 1);
		return;
	}
	c->process = process;
	c->flags |= CONN_OPAQUE;
	if (c->turns > first_turns(c) + 1)
		n = c->turns - first_turns(c);
	meet_process(&process, io->user, io->now);
	count_unmeasured(&process, role, PROTOCOL_UNDECIDED, opaque_reason(c), n);
}

/* An I/O of a connection that was given up before. */
static __always_inline void on_opaque_io(struct conn *c, __u32 direction)
{
	struct process_key process;

	if (!begins_turn(c, direction) || c->turns <= first_turns(c) + 1)
		return;
	process = c->process;
	count_unmeasured(&process, c->likely_role, PROTOCOL_UNDECIDED, opaque_reason(c), 1);
}

/*
 * A response to a request that was not seen. A server that gives up waiting says so
 * unasked (RFC 9110, section 15.5.9): then nothing was asked of it that could be missing.
 */
static __always_inline void on_boundary(const struct io *io, const struct conn *c)
{
	__u8 role = c->role;
	struct process_key process;

	if (role == ROLE_UNKNOWN)
		role = io->direction == DIRECTION_SEND ? ROLE_SERVER : ROLE_CLIENT;
	count(COUNT_BOUNDARY);
	if (!(c->flags & CONN_MIDWAY) && !c->turns)
		return;
	process_key_of(io->task, &process);
	if (is_unwanted(io->sk, role, &process))
		return;
	meet_process(&process, io->user, io->now);
	count_unmeasured(&process, role, is_walked(c->protocol) ? c->protocol : PROTOCOL_HTTP1, UNMEASURED_REQUEST_UNSEEN, 1);
}

#endif
