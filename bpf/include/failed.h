// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_FAILED_H
#define SLOE_FAILED_H

/*
 * Connections that never came to be: no request was sent, so none is invented.
 * The end of an attempt may come in softirq or from a timer, so who asked for it is
 * kept from connect(2) on. TCP alone: of an MPTCP connection its subflows.
 */

#include "kernel.h"
#include "maps.h"
#include "process.h"

#define MAX_FAILURES 4096

#define ENETUNREACH 101
#define ETIMEDOUT 110
#define ECONNREFUSED 111
#define EHOSTUNREACH 113

/*
 * connecting: who asked for a connection.
 *   inserts: connect_begins, in the caller's context
 *   reads:   connect_failed
 *   deletes: the kernel, with the socket
 */
struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct process_key);
} connecting SEC(".maps");

/*
 * failures: how many attempts failed. Cumulative.
 *   inserts: connect_failed; the receiver the keys without a process, which take the counts of a full map
 *   reads:   the receiver, at every export
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_FAILURES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct failure_key);
	__type(value, __u64);
} failures SEC(".maps");

static __always_inline void connect_begins(struct sock *sk)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct process_key *owner, key;

	if (sk->sk_protocol != IPPROTO_TCP || task->flags & PF_KTHREAD || (__u32)task->tgid == self_tgid)
		return;
	owner = bpf_sk_storage_get(&connecting, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!owner) {
		count(LOSS_STORAGE);
		return;
	}
	process_key_of(task, &key);
	*owner = key;
	know_process(&key, SCRATCH_STATE, bpf_ktime_get_ns());
}

static __always_inline __u8 failure_of(struct sock *sk)
{
	switch (sk->sk_err) {
	case ECONNREFUSED:
		return FAILURE_REFUSED;
	case ETIMEDOUT:
		return FAILURE_TIMED_OUT;
	case ECONNRESET:
		return FAILURE_RESET;
	case EHOSTUNREACH:
	case ENETUNREACH:
		return FAILURE_UNREACHABLE;
	case 0:
		if (sk->sk_shutdown == SHUTDOWN_BOTH)
			return FAILURE_ABANDONED;
	}
	return FAILURE_OTHER;
}

static __always_inline void connect_failed(struct sock *sk)
{
	struct process_key *owner = bpf_sk_storage_get(&connecting, sk, NULL, 0);
	struct failure_key key = {};
	__u64 *n, one = 1;

	if (!owner)
		return;
	key.process = *owner;
	key.port = bpf_ntohs(sk->__sk_common.skc_dport);
	key.reason = failure_of(sk);
	n = bpf_map_lookup_elem(&failures, &key);
	if (!n) {
		if (!bpf_map_update_elem(&failures, &key, &one, BPF_NOEXIST))
			return;
		n = bpf_map_lookup_elem(&failures, &key);
	}
	if (!n) {
		count(LOSS_FAILURES_FULL);
		__builtin_memset(&key.process, 0, sizeof(key.process));
		key.port = 0;
		n = bpf_map_lookup_elem(&failures, &key);
	}
	if (n)
		__sync_fetch_and_add(n, 1);
}

#endif
