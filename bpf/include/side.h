// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_SIDE_H
#define SLOE_SIDE_H

/*
 * Who asked for a connection. On one that is older than the agent the bytes of
 * some protocols do not tell a request from an answer: an array of Redis may be
 * either. In all of them who connected asks.
 */

#include "conn.h"

enum side {
	SIDE_UNKNOWN = 0,
	SIDE_CONNECTED, /* connect(2) made this socket's connection */
	SIDE_ACCEPTED,
};

/*
 * The end that connected had its SYN acknowledged, which bytes_acked counts and
 * bytes_sent does not. The fields change while they are read: two equal readings
 * are one.
 */
static __always_inline __u64 acknowledged_beyond_sent(struct tcp_sock *tp)
{
	__u64 acked = tp->bytes_acked + (__u32)(tp->snd_nxt - tp->snd_una);

	return acked - (tp->bytes_sent - tp->bytes_retrans);
}

static __always_inline __u8 tcp_side(struct tcp_sock *tp)
{
	__u64 beyond = acknowledged_beyond_sent(tp);

	barrier();
	if (beyond > 1 || acknowledged_beyond_sent(tp) != beyond)
		return SIDE_UNKNOWN;
	return beyond ? SIDE_CONNECTED : SIDE_ACCEPTED;
}

/* An accepted Unix socket has the name of the one that listened; one that connected seldom has any. */
static __always_inline __u8 unix_side(struct sock *sk)
{
	struct unix_sock *u = bpf_skc_to_unix_sock(sk), *peer;
	bool own, other;

	if (!u)
		return SIDE_UNKNOWN;
	peer = (struct unix_sock *)u->peer;
	if (!peer)
		return SIDE_UNKNOWN;
	own = u->addr;
	other = BPF_CORE_READ(peer, addr);
	if (own == other)
		return SIDE_UNKNOWN;
	return own ? SIDE_ACCEPTED : SIDE_CONNECTED;
}

static __always_inline __u8 side_of(const struct io *io)
{
	struct tcp_sock *tp;

	if (io->is_unix)
		return unix_side(io->sk);
	tp = tcp_sock_of(io->sk);
	return tp ? tcp_side(tp) : SIDE_UNKNOWN;
}

/*
 * Whether bytes of a direction can be a request's, or a greeting of the side that is
 * asked. Unless it is known who connected, the first bytes of a connection are.
 */
static __always_inline bool may_speak(const struct io *io, const struct conn *c, bool greeting)
{
	__u8 side = side_of(io);

	if (side == SIDE_UNKNOWN)
		return !(c->flags & CONN_MIDWAY) && !c->misses;
	return ((side == SIDE_ACCEPTED) == (io->direction == DIRECTION_RECV)) != greeting;
}

#endif
