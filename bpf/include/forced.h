// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_FORCED_H
#define SLOE_FORCED_H

/*
 * Ports of which the configuration says what is spoken there, and so who asks: the side
 * whose port it is serves. On their connections no other protocol is looked for, and
 * what is not recognised is looked at again, turn by turn, each of which is counted as
 * missing: it may have been a request.
 *
 * Where the port tells what it is, bytes need to prove less. What they still have to
 * show is what noise, or another protocol, would not: a command of Redis is an array (its
 * inline commands are any line), one of memcached has a name that memcached knows, and a
 * message that is not whole with its I/O comes with one that filled a buffer.
 */

#include "exchange.h"
#include "opaque.h"
#include "side.h"

/*
 * forced_ports: for each port a bit for every enum protocol that may be spoken there; 0: any.
 *   writes: the receiver, before the hooks are attached
 *   reads:  the socket hooks, once a connection
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* 65536 if a port is named: set before loading */
	__type(key, __u32);
	__type(value, __u32);
} forced_ports SEC(".maps");

static __always_inline __u8 forced_at(__u16 port)
{
	__u32 key = port, *protocols = bpf_map_lookup_elem(&forced_ports, &key);

	return protocols ? *protocols : 0;
}

/* Notes with a new connection what its port says. Where nobody can tell whose port it is, either may say it. */
static __always_inline void note_forced(const struct io *io, struct conn *c)
{
	__u8 side;

	if (!forces_ports || io->is_unix)
		return;
	side = role_of(io->sk) == ROLE_SERVER ? SIDE_ACCEPTED : side_of(io);
	c->likely_role = ROLE_CLIENT;
	if (side != SIDE_ACCEPTED)
		c->forced = forced_at(c->endpoints.remote_port);
	if (side == SIDE_CONNECTED || c->forced)
		return;
	c->likely_role = ROLE_SERVER;
	c->forced = forced_at(c->endpoints.local_port);
}

/* Whether bytes go the way of requests, on a connection whose port says who serves. */
static __always_inline bool is_asked(const struct conn *c, __u32 direction)
{
	return (c->likely_role == ROLE_SERVER) == (direction == DIRECTION_RECV);
}

/*
 * Bytes that are not what the port says. Returns AFTER_UNRECOGNIZED if they begin a turn
 * that is to be counted: of those of TLS not all are a request. Lock held.
 */
static __always_inline __u32 miss_forced(struct conn *c, __u32 direction, bool tls)
{
	c->misses = MISS;
	if (tls)
		c->flags |= CONN_TLS;
	if (begins_turn(c, direction))
		return !tls || c->turns == 1 || c->turns > first_turns(c) + 1 ? AFTER_UNRECOGNIZED : 0;
	if (!c->turns) /* the answer to what was asked before the connection was known; later ones are to turns that were counted */
		c->flags |= direction == DIRECTION_SEND ? CONN_MISSED_SENT : CONN_MISSED_RECEIVED;
	return 0;
}

/* The protocol that a port says, the first of them. */
static __always_inline __u32 forced_protocol(const struct conn *c)
{
	__u32 i;

	for (i = PROTOCOL_HTTP1; i < PROTOCOL_MEMCACHED; i++)
		if (c->forced & 1 << i)
			break;
	return i;
}

/* A turn that was not recognised. */
static __always_inline void on_unrecognized(struct io *io, const struct conn *c, __u32 reason)
{
	__u8 role = c->likely_role;

	if (is_unwanted(io->sk, role, &io->process))
		return;
	meet_process(&io->process, io->user, io->now);
	count_unmeasured(&io->process, role, forced_protocol(c), reason, 1);
}

/*
 * Bytes were received while the hook of a send before them is still to run, on a
 * connection that is not recognised yet. At a client they answer what that send asks. At a
 * server they ask anew, and what the late hook tells would be taken for the answer: they
 * are not looked at, and are missing. Returns whether that was so.
 */
static __always_inline bool on_overtaken(struct io *io, struct conn *c)
{
	bool asked = is_asked(c, DIRECTION_RECV);

	lock_conn(c);
	c->misses = MISS;
	if (asked) {
		c->phase = PHASE_IDLE;
		c->turns++;
		c->replied = 0;
		note_positions(io, c);
	} else {
		c->replied = c->turns && !c->replied ? 1 : REPLIED_EARLY;
	}
	unlock_conn(c);
	if (!asked)
		return false;
	process_key_of(io->task, &io->process);
	on_unrecognized(io, c, UNMEASURED_UNRECOGNIZED);
	return true;
}

#endif
