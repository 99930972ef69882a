// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_LOCK_H
#define SLOE_LOCK_H

/*
 * The lock of a connection. The kernel's takes 60 ns in a hook, as it holds off interrupts
 * and is two calls; so it is one word here, which is taken by an atomic exchange. That is
 * sound because
 *
 *   - nobody who takes it runs in a softirq, which might interrupt the one who has it: what
 *     softirqs tell of a connection is written without it (arrivals, by a sequence count;
 *     conn.ended, by atomic operations). A socket is destroyed in one, when no system call,
 *     and so no hook, is left that might have it.
 *   - a hook of a tracepoint is not preempted, so that whoever waits waits for some hundred
 *     instructions of another processor.
 *
 * Where hooks may be preempted (fexit, and tracepoints of some kernels) it is the kernel's lock.
 */

#include "kernel.h"
#include "maps.h"

#define LOCK_TRIES (1 << 23) /* some 50 ms: a virtual processor that has it may not be running */

/* Orders memory accesses before it and behind it. */
static __always_inline void keep_order(void)
{
#if defined(__TARGET_ARCH_x86)
	barrier(); /* loads stay in order there, and stores */
#else
	__u64 word = 0;

	__sync_lock_test_and_set(&word, 1);
	barrier_var(word);
#endif
}

struct lock_wait {
	__u64 *held;
};

static long try_lock(__u32 i, struct lock_wait *wait)
{
	return !__sync_lock_test_and_set(wait->held, 1);
}

/* Waits until the lock is free, and takes it. A global function of plain memory: the verifier looks at it once. */
__noinline int wait_for_lock(__u64 *held)
{
	struct lock_wait wait = {held};

	if (!held)
		return 0;
	if (bpf_loop(LOCK_TRIES, try_lock, &wait, 0) >= LOCK_TRIES)
		count(LOSS_LOCK); /* and goes on without it */
	return 0;
}

static __always_inline void lock_conn(struct conn *c)
{
	if (kernel_locks) {
		bpf_spin_lock(&c->lock);
		return;
	}
	if (__sync_lock_test_and_set(&c->held, 1))
		wait_for_lock(&c->held);
	barrier();
}

static __always_inline void unlock_conn(struct conn *c)
{
	if (kernel_locks) {
		bpf_spin_unlock(&c->lock);
		return;
	}
	keep_order();
	*(volatile __u64 *)&c->held = 0;
}

#endif
