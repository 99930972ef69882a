// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_ARRIVAL_H
#define SLOE_ARRIVAL_H

/*
 * Bytes arrive at a socket. In softirq, under any process, also between two
 * instructions of the other hooks: this one shares nothing with them but what it
 * notes of arrivals, which it alone writes, one arrival after the other, as the
 * socket's own lock has it. (At a Unix socket: in the sender's own context.)
 */

#include "queue.h"
#include "unix.h"

/* Whether the unread bytes of a connection without held arrivals came all at once, just now. */
static __always_inline bool arrived_at_once(const struct tcp_sock *tp, __u64 now)
{
	return tp->data_segs_in == 1 || is_settled(now);
}

static __always_inline void on_arrival(struct sock *sk)
{
	struct tcp_sock *tp;
	struct conn *c;
	__u32 end, consumed;
	__u64 now;

	if (is_unix_stream(sk)) {
		on_unix_arrival(sk);
		return;
	}
	if (!is_inet_stream(sk) || sk->__sk_common.skc_state == TCP_LISTEN)
		return;
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (c && (is_left_out(c) || c->role == ROLE_CLIENT))
		return;
	tp = tcp_stream_of(sk);
	if (!tp)
		return;
	end = tp->rcv_nxt;
	consumed = tp->copied_seq;
	if (end == consumed)
		return;
	if (!c)
		c = conn_of(sk);
	if (!c)
		return; /* counted at its first I/O, if that finds no room either */
	now = arrived_at(tp);
	if (c->arrivals.held || arrived_at_once(tp, now)) {
		change_arrivals(&c->arrivals);
		note_arrival(&c->arrivals, now, consumed, end);
		change_arrivals(&c->arrivals);
	}
}

#endif
