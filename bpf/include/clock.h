// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CLOCK_H
#define SLOE_CLOCK_H

/*
 * When an I/O was. TCP looks at the same monotonic clock for itself, when segments arrive,
 * when it sends, and when bytes are read from it, and keeps what it saw. Where that is known
 * to have been for the I/O in question it is taken: asking the clock takes 40 ns.
 */

#include "kernel.h"
#include "maps.h"

#define FRESH_NS 500000ULL /* what TCP saw is of the read just made: it had waited for longer */

/* When the bytes of the send left that was just made, if all that was sent has left. */
static __always_inline __u64 sent_at(const struct tcp_sock *tp)
{
	if (bpf_core_field_exists(tp->tcp_clock_cache) && tp->snd_nxt == tp->write_seq)
		return tp->tcp_clock_cache;
	return bpf_ktime_get_ns();
}

/* When the read was that was just made. from_tcp: it took its bytes from TCP's stream, not from a sockmap. */
static __always_inline __u64 read_at(const struct tcp_sock *tp, bool from_tcp)
{
	if (bpf_core_field_exists(tp->tcp_clock_cache) && reads_refresh && from_tcp)
		return tp->tcp_clock_cache;
	return bpf_ktime_get_ns();
}

/* When the bytes arrived that TCP tells of just now. */
static __always_inline __u64 arrived_at(const struct tcp_sock *tp)
{
	return bpf_core_field_exists(tp->tcp_clock_cache) ? tp->tcp_clock_cache : bpf_ktime_get_ns();
}

/* The collector read a byte from the socket clock_cookie, which had waited there. */
static __always_inline void learn_clock(struct sock *sk)
{
	struct tcp_sock *tp = bpf_skc_to_tcp_sock(sk);

	if (!tp || !bpf_core_field_exists(tp->tcp_clock_cache) || bpf_get_socket_cookie((void *)sk) != clock_cookie)
		return;
	clock_cookie = 0;
	reads_refresh = bpf_ktime_get_ns() - tp->tcp_clock_cache < FRESH_NS;
}

#endif
