// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_UNIX_H
#define SLOE_UNIX_H

/*
 * Unix stream sockets. The kernel keeps no stream positions there, and no
 * tracepoint tells that one was closed. Hence:
 *
 *   - sk_data_ready fires in the sender's context, before its send hook: until that
 *     hook the sender's bytes are on their way (conn.sending).
 *   - A side that reads the end of the stream, or fails to write, tells that the other
 *     was closed. The closed one lives until this one is gone too, with its storage:
 *     what is open at either end is ended.
 *   - Where neither side reads, a walk over the storage finds the closed ones
 *     (on_unix_sweep). Exchanges that both sides leave between two walks are counted
 *     as vanished, from the difference of what was opened and what ended.
 */

#include "end.h"
#include "queue.h"

static __always_inline bool is_closed(struct sock *sk)
{
	return sk->__sk_common.skc_flags & SOCK_DEAD_FLAG;
}

/*
 * The message at a position has arrived just now, and its reader's hook has run before: a
 * request that begins with it did not wait. Lock held.
 */
static __always_inline void note_read_before_arrival(struct conn *c, __u32 position)
{
	struct request *r = c->next.len ? &c->next : &c->current;

	if (!c->next.len && c->phase != PHASE_REQUEST && !(c->phase == PHASE_PARTIAL && c->partial_dir == DIRECTION_RECV))
		return;
	if (c->recv_seq - (__u32)r->bytes == position)
		r->flags |= EXCHANGE_QUEUE_KNOWN; /* queue_ns is 0, or what was known of it */
}

/*
 * Notes when a message arrived, if it is the first that waits. A quick reader may have taken
 * it already: until its hook has run, what was read is what was sent before.
 */
static __always_inline void note_unix_arrival(struct sock *sk, struct conn *c, const struct conn *sender)
{
	__u32 read = c->recv_seq, sent = sender->sent_seq, waiting = sk->sk_receive_queue.qlen;
	__u64 now;

	if (waiting > 1)
		return; /* when the first came is known */
	now = bpf_ktime_get_ns();
	lock_conn(c);
	if (c->recv_seq == read && (waiting || read == sent)) {
		change_arrivals(&c->arrivals);
		c->arrivals.held = 1;
		c->arrivals.first_ns = now;
		c->arrivals.first = read;
		c->arrivals.end = read + 1;
		change_arrivals(&c->arrivals);
	} else if (sender->sending == SENDING_UNTOLD) {
		note_read_before_arrival(c, sent);
	}
	unlock_conn(c);
}

/* Bytes were put into sk's queue by its peer, whose task is the current one. */
static __always_inline void on_unix_arrival(struct sock *sk)
{
	struct conn *c = bpf_sk_storage_get(&connections, sk, NULL, 0), *sender;
	struct sock *peer;

	if (c && is_left_out(c))
		return;
	peer = unix_peer_of(sk);
	if (!peer)
		return; /* a connection is asked for: sk listens */
	if (!c)
		c = conn_of(sk);
	sender = conn_of(peer);
	if (!c || !sender)
		return; /* counted at the first I/O, if that finds no room either */
	if ((__u32)bpf_get_current_task_btf()->tgid == self_tgid) {
		c->protocol = PROTOCOL_MUTED;
		sender->protocol = PROTOCOL_MUTED;
		return;
	}
	if (sender->sending == SENDING_NOTHING)
		sender->sending = SENDING_UNTOLD;
	if (c->role != ROLE_CLIENT)
		note_unix_arrival(sk, c, sender);
	sender->sending = SENDING_TOLD;
}

/* Ends what is open on a connection of which one side was closed. */
static __always_inline void unix_end(struct sock *sk, struct conn *c, struct scratch *scratch, bool by_client)
{
	__u64 now = bpf_ktime_get_ns();
	__u32 after;
	int i;

	if (c->role == ROLE_SERVER && c->sending)
		return; /* the client left with the response in hand, before the send hook of it: that one answers */
	for (i = 0; i < 2; i++) {
		/* the second time: a request that was held behind the first */
		lock_conn(c);
		after = end_exchange(c, scratch, now, by_client, false);
		unlock_conn(c);
		send_ended(sk, c, scratch, after);
		if (!c->next.len)
			return;
	}
}

/* Whether an I/O of no bytes tells of an end, rather than of an empty queue or a signal. */
static __always_inline bool tells_end(int ret, __u32 direction)
{
	return ret == -ECONNRESET || ret == (direction == DIRECTION_SEND ? -EPIPE : 0);
}

/* Chunk mode: the peer was closed, and this side knows it. */
static __always_inline void unix_end_chunks(struct sock *sk, struct conn *c, struct sock *peer, __u32 user)
{
	struct conn *other = bpf_sk_storage_get(&connections, peer, NULL, 0);

	end_chunks(sk, c, user, true);
	if (other && is_chunked(other->protocol))
		end_chunks(peer, other, user, false);
}

/* An I/O of no bytes: the end of the stream, or an error. */
static __always_inline void on_unix_end(struct sock *sk, int ret, __u32 direction, __u32 user)
{
	struct conn *c, *other;
	struct scratch *scratch;
	struct sock *peer;

	if (!tells_end(ret, direction))
		return;
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (!c || is_left_out(c) || (c->role == ROLE_UNKNOWN && !is_chunked(c->protocol)))
		return;
	peer = unix_peer_of(sk);
	if (!peer)
		return;
	if (is_chunked(c->protocol)) {
		if (is_closed(peer))
			unix_end_chunks(sk, c, peer, user);
		return;
	}
	scratch = scratch_of(user);
	if (!scratch)
		return;
	if (!is_closed(peer)) {
		/* the peer is there: it closed its side only. A server that did answers no more. */
		if (direction == DIRECTION_RECV && ret == 0 && c->role == ROLE_CLIENT && sk->sk_shutdown & RCV_SHUTDOWN)
			unix_end(sk, c, scratch, false);
		return;
	}
	if (direction == DIRECTION_SEND && c->role == ROLE_CLIENT)
		return; /* what the server answered before it closed can still be read */
	unix_end(sk, c, scratch, c->role == ROLE_SERVER);
	other = bpf_sk_storage_get(&connections, peer, NULL, 0);
	if (other && other->role != ROLE_UNKNOWN && !is_left_out(other))
		unix_end(peer, other, scratch, other->role == ROLE_CLIENT);
}

/* In the walk over the storage. */
static __always_inline void on_unix_sweep(struct sock *sk)
{
	struct conn *c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	struct scratch *scratch;
	struct sock *peer;
	bool by_client;

	if (c && is_chunked(c->protocol)) {
		peer = unix_peer_of(sk);
		if (is_closed(sk))
			end_chunks(sk, c, SCRATCH_SWEEP, false);
		else if (peer && is_closed(peer) && !sk->sk_receive_queue.qlen)
			unix_end_chunks(sk, c, peer, SCRATCH_SWEEP);
		return;
	}
	if (!c || is_left_out(c) || c->role == ROLE_UNKNOWN || !(c->phase == PHASE_REQUEST || c->next.len))
		return;
	peer = unix_peer_of(sk);
	if (is_closed(sk))
		by_client = c->role == ROLE_CLIENT;
	else if (peer && is_closed(peer) && !(c->role == ROLE_CLIENT && sk->sk_receive_queue.qlen))
		by_client = c->role == ROLE_SERVER;
	else
		return;
	if (c->role == ROLE_CLIENT && !is_closed(sk) && !(c->flags & CONN_END_SEEN)) {
		/* perhaps it has just taken the response from the queue, and its hook is about to run: the next walk tells */
		lock_conn(c);
		c->flags |= CONN_END_SEEN;
		unlock_conn(c);
		return;
	}
	scratch = scratch_of(SCRATCH_SWEEP);
	if (scratch)
		unix_end(sk, c, scratch, by_client);
}

#endif
