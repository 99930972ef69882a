// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_VERDICT_H
#define SLOE_VERDICT_H

/*
 * Which processes are watched. User space decides at a process's first sight and
 * writes a verdict; here it is obeyed. Before there is one, requests are captured,
 * marked as undecided, and user space drops what it then decides against.
 *
 * A connection of a process that is left out costs one storage look-up an I/O. It
 * is looked at anew when the filter changes, or another process uses it.
 */

#include "kernel.h"
#include "maps.h"
#include "process.h"

/* Grows with every change of the filter; 0: there is none. Written by the receiver, after the verdicts. */
__u32 filter_generation = 0;

/*
 * verdicts: what is to be done with a process image.
 *   inserts: the receiver, at the first record, aggregate or sight of a process, and when the filter changes
 *   reads:   the socket hooks, once a connection and filter
 *   deletes: the receiver, when the process ended and a grace period passed
 * A process that finds no room stays undecided: user space decides each of its requests.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct process_key);
	__type(value, struct verdict);
} verdicts SEC(".maps");

/*
 * port_masks: for each port a bit for every condition of the filter that it meets.
 *   writes: the receiver, when the filter changes: the bits of the new one beside those of the old, then the verdicts
 *   reads:  the socket hooks, once a connection and filter
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* 65536 if there is a filter: set before loading */
	__type(key, __u32);
	__type(value, __u64);
} port_masks SEC(".maps");

enum watch {
	WATCH_YES = 0,
	WATCH_NO,
	WATCH_UNDECIDED,
};

/* The port that tells what is served: of the server's side of a connection. */
static __always_inline __u16 service_port(struct sock *sk, __u8 role)
{
	return role == ROLE_SERVER ? sk->__sk_common.skc_num : bpf_ntohs(sk->__sk_common.skc_dport);
}

/* Left out on any port. */
static __always_inline bool is_excluded(const struct verdict *v)
{
	return !v->include || v->exclude & PORT_ANY;
}

static __always_inline __u8 watch_of(const struct process_key *process, __u16 port)
{
	struct verdict *v = bpf_map_lookup_elem(&verdicts, process);
	__u32 key = port;
	__u64 *mask, of_port = PORT_ANY;

	if (!v)
		return WATCH_UNDECIDED;
	if (is_excluded(v))
		return WATCH_NO;
	mask = bpf_map_lookup_elem(&port_masks, &key);
	if (mask)
		of_port |= *mask;
	return v->include & of_port && !(v->exclude & of_port) ? WATCH_YES : WATCH_NO;
}

/* Leaves a connection out. Lock held, or nobody else knows it yet. */
static __always_inline void unwatch(struct conn *c, const struct process_key *process)
{
	c->protocol = PROTOCOL_UNWATCHED;
	c->phase = PHASE_IDLE;
	c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD | CONN_DEFERRED);
	c->next.len = 0;
	c->process = *process;
	c->verdict_generation = filter_generation;
}

/* The same for a fresh connection, if its process is left out on any port. */
static __always_inline void unwatch_new(struct task_struct *task, struct conn *c)
{
	struct process_key process;
	struct verdict *v;

	process_key_of(task, &process);
	v = bpf_map_lookup_elem(&verdicts, &process);
	if (v && is_excluded(v))
		unwatch(c, &process);
}

static __always_inline bool is_left_out(const struct conn *c)
{
	return c->protocol >= PROTOCOL_UNWATCHED;
}

#endif
