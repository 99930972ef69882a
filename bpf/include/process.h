// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_PROCESS_H
#define SLOE_PROCESS_H

/*
 * Who a process is, read in its own context: no CAP_SYS_PTRACE, no host pid
 * namespace, and a process that is gone before user space looks still has a name.
 */

#include "kernel.h"
#include "maps.h"

#define MAX_ENV_STRINGS 2048 /* steps over the environment; what lies beyond is not read */

static __always_inline void process_key_of(struct task_struct *task, struct process_key *key)
{
	key->tgid = task->tgid;
	key->exec_id = (__u32)task->self_exec_id;
	key->start = task->group_leader->start_boottime;
}

static __always_inline bool same_process(const struct process_key *a, const struct process_key *b)
{
	return a->tgid == b->tgid && a->exec_id == b->exec_id && a->start == b->start;
}

/* Whether a task is of a process. */
static __always_inline bool is_process_of(struct task_struct *task, const struct process_key *key)
{
	return (__u32)task->tgid == key->tgid && (__u32)task->self_exec_id == key->exec_id &&
	       task->group_leader->start_boottime == key->start;
}

struct env_scan {
	struct scratch *scratch;
	__u64 pos;
	__u64 end;
};

#define ENV_SERVICE_NAME "OTEL_SERVICE_NAME="
#define ENV_RESOURCE_ATTRIBUTES "OTEL_RESOURCE_ATTRIBUTES="

static __always_inline bool starts_with(const char *s, const char *prefix, __u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++)
		if (s[i] != prefix[i])
			return false;
	return true;
}

/* Reads the next string of the environment; keeps the two that name the service. */
static long scan_env_string(__u32 index, struct env_scan *scan)
{
	char *text = scan->scratch->env_string;
	struct process_identity *id = &scan->scratch->identity;
	long n;

	if (scan->pos >= scan->end)
		return 1;
	/* a string cut short is gone on with from its middle, where no name matches but by contrivance */
	n = bpf_probe_read_user_str(text, ENV_SIZE, (void *)scan->pos);
	if (n <= 0)
		return 1;
	if (text[0] == 'O' && text[1] == 'T' && text[2] == 'E' && text[3] == 'L') {
		if (starts_with(text, ENV_SERVICE_NAME, sizeof(ENV_SERVICE_NAME) - 1))
			bpf_probe_read_kernel_str(id->service_name, ENV_SIZE, text + sizeof(ENV_SERVICE_NAME) - 1);
		else if (starts_with(text, ENV_RESOURCE_ATTRIBUTES, sizeof(ENV_RESOURCE_ATTRIBUTES) - 1))
			bpf_probe_read_kernel_str(id->resource_attributes, ENV_SIZE,
						  text + sizeof(ENV_RESOURCE_ATTRIBUTES) - 1);
	}
	scan->pos += n;
	return 0;
}

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->__parent))
		return BPF_CORE_READ(node, __parent);
	return (void *)BPF_CORE_READ((struct kernfs_node___before_6_15 *)node, parent);
}

static __always_inline void read_identity(struct task_struct *task, struct scratch *scratch, __u64 now)
{
	struct process_identity *id = &scratch->identity;
	struct env_scan scan = {.scratch = scratch};
	struct mm_struct *mm = task->mm;
	struct kernfs_node *node;
	__u64 n;
	int i;

	__builtin_memset(id, 0, offsetof(struct process_identity, args));
	id->service_name[0] = 0;
	id->resource_attributes[0] = 0;
	id->first_seen_ns = now;
	id->uid = BPF_CORE_READ(task, cred, euid.val);
	bpf_probe_read_kernel(id->comm, sizeof(id->comm), task->group_leader->comm);
	node = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn);
	for (i = 0; i < CGROUP_NAMES && node; i++) {
		bpf_probe_read_kernel_str(id->cgroup[i], CGROUP_NAME_SIZE, BPF_CORE_READ(node, name));
		node = kernfs_parent(node);
	}
	if (!mm)
		return;
	bpf_probe_read_kernel_str(id->executable, sizeof(id->executable),
				  BPF_CORE_READ(mm, exe_file, f_path.dentry, d_name.name));
	n = mm->arg_end - mm->arg_start;
	if (n > ARGS_SIZE)
		n = ARGS_SIZE;
	barrier_var(n);
	n &= 2 * ARGS_SIZE - 1;
	if (n <= ARGS_SIZE && !bpf_probe_read_user(id->args, n, (void *)mm->arg_start))
		id->args_len = n;
	scan.pos = mm->env_start;
	scan.end = mm->env_end;
	bpf_loop(MAX_ENV_STRINGS, scan_env_string, &scan, 0);
}

/*
 * Makes the current process known at its first sight, with some exchanges more. Process
 * context only. A global function, as emit_exchange; Linux 6.1 takes keys and values of
 * maps from the stack and from maps alone, not from its arguments: hence the copy, and
 * the scratch's number instead of its address.
 */
__noinline int see_process(struct process_key *process, __u32 user, __u64 now, __u32 exchanges)
{
	struct process_identity *known;
	struct scratch *scratch;
	struct process_key key;

	if (!process)
		return 0;
	key = *process;
	known = bpf_map_lookup_elem(&processes, &key);
	if (known) {
		__sync_fetch_and_add(&known->exchanges, exchanges);
		return 0;
	}
	scratch = scratch_of(user);
	if (!scratch)
		return 0;
	read_identity(bpf_get_current_task_btf(), scratch, now);
	scratch->identity.exchanges = exchanges;
	if (bpf_map_update_elem(&processes, &key, &scratch->identity, BPF_NOEXIST) &&
	    !bpf_map_lookup_elem(&processes, &key))
		count(LOSS_PROCESSES_FULL);
	return 0;
}

/* Makes the current process known, and counts an exchange of it. */
static __always_inline int know_process(struct process_key *process, __u32 user, __u64 now)
{
	return see_process(process, user, now, 1);
}

/*
 * How many exchanges of a connection its process is told of at once: a look-up in a map
 * each would take a tenth of what capturing costs. Not those of Unix sockets, as nothing
 * tells of their end.
 */
#define TOLD_AT_ONCE 16

/* Tells the process of a connection of the exchanges that it was not told of. */
static __always_inline void tell_exchanges(struct conn *c)
{
	struct process_identity *id;

	if (!c->untold)
		return;
	id = bpf_map_lookup_elem(&processes, &c->process);
	if (id)
		__sync_fetch_and_add(&id->exchanges, c->untold);
	c->untold = 0;
}

/* Makes the current process known that has none yet. */
static __always_inline int meet_process(struct process_key *process, __u32 user, __u64 now)
{
	return see_process(process, user, now, 0);
}

/* Notes that a known process reads requests at a port; two hooks at once may note it twice. */
static __always_inline void note_served(const struct process_key *process, __u16 port)
{
	struct process_identity *id = bpf_map_lookup_elem(&processes, process);
	int i;

	if (!id || !port) /* Unix sockets have none */
		return;
	for (i = 0; i < SERVED_PORTS; i++) {
		if (id->served[i] == port)
			return;
		if (!id->served[i]) {
			id->served[i] = port;
			return;
		}
	}
}

static __always_inline bool is_served(const struct process_key *process, __u16 port)
{
	struct process_identity *id = bpf_map_lookup_elem(&processes, process);
	int i;

	for (i = 0; id && port && i < SERVED_PORTS; i++)
		if (id->served[i] == port)
			return true;
	return false;
}

#endif
