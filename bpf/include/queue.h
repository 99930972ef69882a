// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_QUEUE_H
#define SLOE_QUEUE_H

/*
 * The queue that a server cannot see: how long a request waited in the accept
 * queue and the receive queue, from the arrival of its first byte to the read of
 * it. sk_data_ready fires when bytes arrive at a socket, accepted or not.
 *
 * An arrival is matched with a request by stream position, so that one whose
 * bytes were consumed without a hook (splice, TCP_ZEROCOPY_RECEIVE) never becomes
 * the time of another. Two arrivals are held; a request that begins in a third
 * one, all unread, has no known queue time.
 *
 * At a Unix socket, where the sender's task tells of the arrival, a reader on another
 * processor may be quicker than that: what is read before its arrival did not wait.
 */

#include "conn.h"

#define SETTLED_NS 60000000000LL /* after so long nothing unread is older than the agent */

static __always_inline bool is_settled(__u64 now)
{
	return (__s64)(now - attached_ns) > SETTLED_NS;
}

static __always_inline bool position_reached(__u32 position, __u32 from)
{
	return (__s32)(position - from) >= 0;
}

/* Before a change of the arrivals, and behind it. */
static __always_inline void change_arrivals(struct arrivals *a)
{
	keep_order();
	(*(volatile __u32 *)&a->changes)++;
	keep_order();
}

/* Bytes up to `end` have arrived, those up to `consumed` were read. Within a change. */
static __always_inline void note_arrival(struct arrivals *a, __u64 now, __u32 consumed, __u32 end)
{
	__u32 before = a->end;

	if (a->held && before == end)
		return; /* nothing new */
	a->end = end;
	if (!a->held || position_reached(consumed, before)) {
		a->held = 1;
		a->first_ns = now;
		a->first = consumed;
		return;
	}
	if (a->held == 2 && position_reached(consumed, a->second)) {
		a->held = 1;
		a->first_ns = a->second_ns;
		a->first = a->second;
	}
	if (a->held == 1) {
		a->second_ns = now;
		a->second = before;
	} else if (a->held == 2) {
		a->unknown = before;
	}
	if (a->held < 3)
		a->held++;
}

/* When the byte at a position arrived, as far as what is read amid a change tells. */
static __always_inline __u64 arrival_read(const struct arrivals *a, __u32 position)
{
	if (!a->held || !position_reached(position, a->first) || position_reached(position, a->end))
		return 0;
	if (a->held == 3 && position_reached(position, a->unknown))
		return 0;
	if (a->held >= 2 && position_reached(position, a->second))
		return a->second_ns;
	return a->first_ns;
}

/* When the byte at a position arrived, 0: it is not known. An arrival may come amid of it, of more bytes; not twice. */
static __always_inline __u64 arrival_of(const struct arrivals *a, __u32 position)
{
	__u32 i, changes;
	__u64 arrived;

	for (i = 0; i < 2; i++) {
		changes = *(const volatile __u32 *)&a->changes;
		keep_order();
		arrived = arrival_read(a, position);
		keep_order();
		if (!(changes & 1) && changes == *(const volatile __u32 *)&a->changes)
			return arrived;
	}
	return 0;
}

static __always_inline struct sock *unix_peer_of(struct sock *sk)
{
	struct unix_sock *u = bpf_skc_to_unix_sock(sk);

	return u ? u->peer : NULL;
}

/*
 * Whether the byte at a position of a Unix socket was read before its arrival was told:
 * its sender's last hook is that of the bytes before it. Bytes from before the agent
 * would have shifted the position against the sender's count; at the first one, which
 * has no count to compare, only time tells that there are none.
 */
static __always_inline bool read_before_arrival(struct sock *sk, __u32 position, __u64 now)
{
	struct sock *peer = unix_peer_of(sk);
	struct conn *sender;

	if (!peer || (!position && !is_settled(now)))
		return false;
	sender = bpf_sk_storage_get(&connections, peer, NULL, 0);
	return sender ? sender->sending != SENDING_TOLD && sender->sent_seq == position : !position;
}

#endif
