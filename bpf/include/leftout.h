// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_LEFTOUT_H
#define SLOE_LEFTOUT_H

/* Connections of processes that are left out: passed over, until that may have changed. */

#include "conn.h"

/* Takes up a connection that was left out, like one that is joined midway. Lock held. */
static __always_inline void watch_again(struct conn *c, __u32 write_seq, __u32 copied_seq, bool peer_closed)
{
	c->protocol = PROTOCOL_UNDECIDED;
	c->role = ROLE_UNKNOWN;
	c->flags |= CONN_MIDWAY;
	c->flags &= ~(CONN_MISSED_SENT | CONN_MISSED_RECEIVED);
	if (peer_closed)
		note_end(c, END_PEER_CLOSED);
	c->sent_seq = write_seq;
	c->recv_seq = copied_seq;
	c->misses = 0;
	c->early_ns = 0;
	c->verdict_generation = 0;
}

/* Whether an I/O of a known connection is of no interest. */
static __always_inline bool is_passed_over(struct task_struct *task, struct sock *sk, struct conn *c)
{
	struct process_key process;
	struct tcp_sock *tp;
	struct verdict *v;
	__u32 write_seq, copied_seq;
	bool peer_closed;

	if (!is_left_out(c))
		return false;
	if (c->protocol == PROTOCOL_MUTED)
		return true;
	process_key_of(task, &process);
	if (c->verdict_generation == filter_generation && same_process(&c->process, &process))
		return true;
	v = bpf_map_lookup_elem(&verdicts, &process);
	tp = tcp_sock_of(sk);
	write_seq = c->sent_seq;
	copied_seq = c->recv_seq;
	barrier_var(write_seq); /* one load of two kinds of memory is refused */
	barrier_var(copied_seq);
	if (tp) {
		write_seq = tp->write_seq;
		copied_seq = tp->copied_seq;
	}
	peer_closed = sk->__sk_common.skc_state == TCP_CLOSE_WAIT;
	lock_conn(c);
	if (c->protocol == PROTOCOL_UNWATCHED) {
		if (v && is_excluded(v))
			unwatch(c, &process);
		else
			watch_again(c, write_seq, copied_seq, peer_closed);
	}
	unlock_conn(c);
	return is_left_out(c);
}

#endif
