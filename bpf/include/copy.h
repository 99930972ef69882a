// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_COPY_H
#define SLOE_COPY_H

/* Copies of prefixes, of which the most are much shorter than there is room for. */

#include "kernel.h"
#include "maps.h"

#define COPY_BLOCK 64 /* bytes */

/*
 * Copies the first n bytes, or room, and what stands behind them up to a multiple of
 * COPY_BLOCK, as room is. No helper: a lock may be held, and it takes a fifth of what one does.
 */
static __always_inline void copy_blocks(__u8 *to, const __u8 *from, __u32 n, __u32 room)
{
	typedef __u64 __attribute__((may_alias)) any_word; /* also of an address that is not aligned */
	__u32 i, k;

	barrier_var(n); /* else the compiler leaves out what bounds the loop for the verifier */
	for (i = 0; i < room && i < n; i += COPY_BLOCK)
		for (k = 0; k < COPY_BLOCK; k += sizeof(any_word))
			*(any_word *)(to + i + k) = *(const any_word *)(from + i + k);
}

/* Copies n bytes, RESPONSE_PREFIX at most, from a place in scratch->payload to where there is room for COPY_BLOCK more. No lock held. */
static __always_inline void copy_response(__u8 *to, const __u8 *payload, __u32 start, __u32 n)
{
	if (!start) { /* most begin there */
		copy_blocks(to, payload, n, RESPONSE_PREFIX);
		return;
	}
	barrier_var(start); /* else the masks are optimised away, and the verifier does not see the bounds */
	barrier_var(n);
	start &= RESPONSE_PREFIX - 1;
	n &= 2 * RESPONSE_PREFIX - 1;
	if (n <= RESPONSE_PREFIX)
		bpf_probe_read_kernel(to, n, payload + start);
}

#endif
