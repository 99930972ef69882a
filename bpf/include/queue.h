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
 */

#include "conn.h"

static __always_inline bool position_reached(__u32 position, __u32 from)
{
	return (__s32)(position - from) >= 0;
}

/* Bytes up to `end` have arrived, those up to `consumed` were read. Lock held. */
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

/* When the byte at a position arrived, 0: it is not known. Lock held. */
static __always_inline __u64 arrival_of(const struct arrivals *a, __u32 position)
{
	if (!a->held || !position_reached(position, a->first) || position_reached(position, a->end))
		return 0;
	if (a->held == 3 && position_reached(position, a->unknown))
		return 0;
	if (a->held >= 2 && position_reached(position, a->second))
		return a->second_ns;
	return a->first_ns;
}

#endif
