// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_END_H
#define SLOE_END_H

/*
 * The end of connections: what is still open then was never answered.
 *
 * Who left first decides: a request that the server ended without a response is
 * bad; one whose client had gone before is excluded. A socket's state tells: a
 * FIN of the peer makes it CLOSE_WAIT, a reset makes it CLOSE with an error, a
 * close of its own makes it FIN_WAIT1, or LAST_ACK after the peer's FIN.
 *
 * These hooks may run in softirq, in the context of any process: owners come
 * from the socket hooks.
 */

#include "answers.h"
#include "chunkend.h"
#include "exchange.h"
#include "unmeasured.h"

/*
 * Whether all that a server sent was seen, so that what is missing of its response was
 * never sent. Unix sockets and MPTCP have no positions to tell by. fin: the end of the
 * stream may have a number already.
 */
static __always_inline bool all_seen(struct sock *sk, const struct conn *c, bool fin)
{
	struct tcp_sock *tp = tcp_sock_of(sk);

	return tp && c->role == ROLE_SERVER && (__s32)(tp->write_seq - c->sent_seq) <= (fin ? 1 : 0);
}

/* Ends what is open. all: see all_seen. Returns what there is to send. Lock held. */
static __always_inline __u32 end_exchange(struct conn *c, struct scratch *scratch, __u64 now, bool by_client, bool all)
{
	__u32 after = 0;
	__u8 end = TAIL_FINAL;

	if (c->phase == PHASE_RESPONSE && c->flags & CONN_END_UNTOLD && !(c->flags & CONN_DEFERRED)) {
		break_off(c, by_client);
		/* also of a response of one I/O: it may have been one that ends with its connection */
		if (all && !by_client)
			end |= TAIL_CUT;
		if (c->flags & CONN_MAY_END)
			end |= TAIL_MAY_END;
		if (fill_tail(&scratch->tail, c, end))
			after |= AFTER_TAIL;
		c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD);
	}
	if (c->phase != PHASE_REQUEST && promote_next(c))
		after |= AFTER_OPENED;
	if (c->phase == PHASE_REQUEST) {
		abort_exchange(c, &scratch->record, now, by_client);
		after |= AFTER_ANSWERED;
	}
	return after;
}

/* A response was sent after the peer's FIN: the connection's end tells whether someone was there to read it. */
static __always_inline __u32 end_deferred(struct conn *c, struct scratch *scratch)
{
	__u32 after;

	break_off(c, true);
	after = settle_deferred(c, scratch);
	c->phase = PHASE_IDLE;
	return after;
}

static __always_inline void send_ended(struct sock *sk, struct conn *c, struct scratch *scratch, __u32 after)
{
	if (after & AFTER_OPENED)
		note_opened(scratch, c);
	if (after & AFTER_TAIL)
		emit_tail(&scratch->tail);
	if (after & AFTER_ANSWERED)
		send_kept_record(sk, scratch, c);
}

/* Sockets of the collector itself are marked when it connects, and known to the peer before it can read. */
static __always_inline void own_connection(struct sock *sk, int new_state)
{
	struct conn *c;
	struct flow flow;
	__u8 one = 1;

	if (new_state == TCP_SYN_SENT) {
		if (self_tgid == 0 || (__u32)bpf_get_current_task_btf()->tgid != self_tgid)
			return;
		c = conn_of(sk);
		if (c) {
			c->flags |= CONN_OWN;
			c->protocol = PROTOCOL_MUTED;
		}
		return;
	}
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (!c)
		return;
	note_endpoints(sk, c); /* of a socket that was connected before (connect(2), AF_UNSPEC) they are others now */
	if (!(c->flags & CONN_OWN))
		return;
	peer_flow_of(sk, &flow);
	if (bpf_map_update_elem(&own_flows, &flow, &one, BPF_ANY))
		count(LOSS_OWN_FLOWS_FULL);
	/* kept for the end: the socket has given its port back by then */
	__builtin_memcpy(c->current.data, &flow, sizeof(flow));
}

static __always_inline void on_state(struct sock *sk, int new_state)
{
	struct scratch *scratch;
	struct conn *c;
	__u64 now;
	__u32 after = 0;
	bool all;

	if (new_state == TCP_SYN_SENT || new_state == TCP_ESTABLISHED) {
		own_connection(sk, new_state);
		return;
	}
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (!c || is_left_out(c))
		return;
	if (is_chunked(c->protocol)) {
		on_chunk_state(sk, c, new_state);
		return;
	}
	if (c->role == ROLE_UNKNOWN)
		return;
	switch (new_state) { /* those of softirqs: without the lock */
	case TCP_CLOSE_WAIT:
		note_end(c, END_PEER_CLOSED);
		return;
	case TCP_CLOSE:
		if (sk->sk_err)
			note_end(c, END_RESET);
		return;
	case TCP_FIN_WAIT1:
	case TCP_LAST_ACK:
		break;
	default:
		return;
	}
	scratch = scratch_of(SCRATCH_STATE);
	if (!scratch)
		return;
	now = bpf_ktime_get_ns();
	all = all_seen(sk, c, false);
	lock_conn(c);
	/* a server that closes its side answers no more; a client that does may still read */
	if (c->role == ROLE_SERVER)
		after = end_exchange(c, scratch, now, c->ended & (END_PEER_CLOSED | END_RESET), all);
	else if (new_state == TCP_FIN_WAIT1 && sk->sk_shutdown == SHUTDOWN_BOTH)
		after = end_exchange(c, scratch, now, true, false);
	unlock_conn(c);
	send_ended(sk, c, scratch, after);
}

/* Whether a server's connection ends with requests that no hook saw (see requests_unseen). */
static __always_inline bool left_unseen(struct sock *sk, const struct conn *c)
{
	struct tcp_sock *tp = tcp_sock_of(sk);
	__s32 unseen;

	if (!tp || tp->inet_conn.icsk_ulp_ops || c->role != ROLE_SERVER || c->phase == PHASE_REQUEST)
		return false;
	unseen = tp->copied_seq - c->recv_seq;
	return unseen > 1; /* the end of the stream has a number too */
}

/* The socket is going away: the last word on its connection. */
static __always_inline void on_destroy(struct sock *sk)
{
	struct conn *c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	struct scratch *scratch;
	__u64 now;
	__u32 after, more = 0;
	bool peer_first, unseen, all;

	if (!c)
		return;
	if (c->flags & CONN_OWN) {
		bpf_map_delete_elem(&own_flows, c->current.data);
		return;
	}
	if (is_left_out(c))
		return;
	if (is_chunked(c->protocol)) {
		end_chunks(sk, c, SCRATCH_DESTROY, c->ended & (END_PEER_CLOSED | END_RESET));
		return;
	}
	if (c->role == ROLE_UNKNOWN)
		return;
	tell_exchanges(c);
	scratch = scratch_of(SCRATCH_DESTROY);
	if (!scratch)
		return;
	now = bpf_ktime_get_ns();
	unseen = left_unseen(sk, c);
	all = all_seen(sk, c, true);
	lock_conn(c);
	peer_first = c->ended & (END_PEER_CLOSED | END_RESET);
	if (c->flags & CONN_DEFERRED)
		after = end_deferred(c, scratch);
	else
		after = end_exchange(c, scratch, now, (c->role == ROLE_SERVER) == peer_first, all);
	unlock_conn(c);
	send_ended(sk, c, scratch, after);
	if (unseen) {
		struct process_key process = c->process;

		count_unmeasured(&process, ROLE_SERVER, c->protocol, UNMEASURED_GAP, 1);
	}
	if (!c->next.len)
		return;
	/* a request that was held behind it is open too */
	lock_conn(c);
	more = end_exchange(c, scratch, now, (c->role == ROLE_SERVER) == peer_first, all);
	unlock_conn(c);
	send_ended(sk, c, scratch, more);
}

#endif
