// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_LISTEN_H
#define SLOE_LISTEN_H

/*
 * Connections that a listener had no room for: its accept queue was full, and the kernel
 * dropped what asked for one. No program sees that, the server least of all.
 *
 * The kernel counts such drops at the listening socket itself. So nothing is hooked but
 * listen(2) and the end of a listener, and the number is read when it is asked for. It
 * is that of TcpExt ListenDrops, taken apart by listener: a full queue (ListenOverflows),
 * and besides only what is out of the ordinary, such as a want of memory. A client asks
 * again after a second, and is counted again.
 *
 * Of an MPTCP listener it is the subflow that listens, a socket of TCP: it is known from
 * listen(2) on, but no file leads to it, so that one older than the agent is not found.
 */

#include "conn.h"
#include "process.h"

#define MAX_LISTENERS 4096 /* kinds of closed ones, by process and port */

/*
 * listeners: who listens, and what had been dropped before that was known.
 *   inserts: sock_state at listen(2), in the caller's context; find_listeners, once at the start
 *   reads:   list_listeners, listen_ends
 *   deletes: the kernel, with the socket
 */
struct listener {
	struct process_key process;
	__u32 before;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct listener);
} listeners SEC(".maps");

/*
 * listen_drops: drops of listeners that are closed. Cumulative.
 *   inserts: listen_ends; the receiver the key without a process, which takes the counts of a full map
 *   reads:   the receiver, at every export
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_LISTENERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct listen_key);
	__type(value, __u64);
} listen_drops SEC(".maps");

/* Notes who listens, unless that is known: of those who share a listener the first. */
static __always_inline void note_listener(struct sock *sk, struct task_struct *task)
{
	struct process_key process;
	struct listener *l;
	__u32 before = sk->sk_drops.counter;

	if (bpf_sk_storage_get(&listeners, sk, NULL, 0))
		return;
	process_key_of(task, &process);
	l = bpf_sk_storage_get(&listeners, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!l) {
		count(LOSS_STORAGE);
		return;
	}
	l->before = before;
	l->process = process;
}

/* listen(2), in the caller's context. */
static __always_inline void listen_begins(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct process_key process;

	if (sk->sk_protocol != IPPROTO_TCP || task->flags & PF_KTHREAD || (__u32)task->tgid == self_tgid)
		return;
	note_listener(sk, task);
	process_key_of(task, &process);
	meet_process(&process, SCRATCH_STATE, bpf_ktime_get_ns());
}

/* What was dropped at a listener since it is known. The kernel's number wraps around. */
static __always_inline __u32 dropped_at(struct sock *sk, const struct listener *l)
{
	return (__u32)sk->sk_drops.counter - l->before;
}

/* A listener is closed, or listens no more. */
static __always_inline void listen_ends(struct sock *sk)
{
	struct listener *l = bpf_sk_storage_get(&listeners, sk, NULL, 0);
	struct listen_key key = {};
	__u64 *n, dropped;

	if (!l)
		return;
	dropped = dropped_at(sk, l);
	if (!dropped)
		return;
	l->before += dropped; /* it may listen again */
	key.process = l->process;
	key.port = local_port_of(sk);
	n = bpf_map_lookup_elem(&listen_drops, &key);
	if (!n) {
		if (!bpf_map_update_elem(&listen_drops, &key, &dropped, BPF_NOEXIST))
			return;
		n = bpf_map_lookup_elem(&listen_drops, &key);
	}
	if (!n) {
		count(LOSS_LISTENERS_FULL);
		__builtin_memset(&key, 0, sizeof(key));
		n = bpf_map_lookup_elem(&listen_drops, &key);
	}
	if (n)
		__sync_fetch_and_add(n, dropped);
}

#endif
