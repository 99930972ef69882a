// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_FAILED_H
#define SLOE_FAILED_H

/*
 * Connections that never came to be: no request was sent, so none is invented.
 * The end of an attempt may come in softirq or from a timer, so who asked for it is
 * kept from connect(2) on. TCP alone: of an MPTCP connection its subflows.
 */

#include "conn.h"

#define MAX_FAILURES 4096
#define MAX_FAILED_PEERS 64 /* of a process, told apart: one that scans a network leaves room for the others */

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
	struct process_identity *id;
	struct flow flow;
	__u64 *n, one = 1;

	if (!owner)
		return;
	key.process = *owner;
	key.reason = failure_of(sk);
	flow_of(sk, &flow);
	__builtin_memcpy(key.addr, flow.remote_addr, sizeof(key.addr));
	key.port = flow.remote_port;
	n = bpf_map_lookup_elem(&failures, &key);
	if (!n) {
		id = bpf_map_lookup_elem(&processes, &key.process);
		if (id && id->failed_peers < MAX_FAILED_PEERS) {
			id->failed_peers++; /* two at once may be one too many */
		} else {
			/* one peer of many, or nobody bounds them */
			__builtin_memset(key.addr, 0, sizeof(key.addr));
			key.port = 0;
		}
		if (!bpf_map_update_elem(&failures, &key, &one, BPF_NOEXIST))
			return;
		n = bpf_map_lookup_elem(&failures, &key);
	}
	if (!n) {
		count(LOSS_FAILURES_FULL);
		__builtin_memset(&key, 0, offsetof(struct failure_key, reason));
		n = bpf_map_lookup_elem(&failures, &key);
	}
	if (n)
		__sync_fetch_and_add(n, 1);
}

#endif
