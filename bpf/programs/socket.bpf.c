// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)

/*
 * All programs. The receiver loads those of one back-end (fexit.h, or the first two
 * here) and those that all back-ends share.
 */

#include "../include/kernel.h"
#include "../include/maps.h"
#include "../include/io.h"
#include "../include/arrival.h"
#include "../include/end.h"
#include "../include/failed.h"
#include "../include/listen.h"
#include "fexit.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* The back-end `socket`: Linux 6.3 and later. One hook a socket I/O, on its completion. */

SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send, struct sock *sk, int ret, int flags)
{
	on_io(sk, ret, flags, DIRECTION_SEND, SCRATCH_SEND);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv, struct sock *sk, int ret, int flags)
{
	on_io(sk, ret, flags, DIRECTION_RECV, SCRATCH_RECV);
	return 0;
}

/* Attached only if queue times are asked for. */
SEC("tp_btf/sk_data_ready")
int BPF_PROG(sock_arrival, const struct sock *sk)
{
	on_arrival((struct sock *)sk);
	return 0;
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(sock_state, struct sock *sk, int old_state, int new_state)
{
	if (!is_inet_stream(sk))
		return 0;
	if (new_state == TCP_SYN_SENT)
		connect_begins(sk);
	else if (old_state == TCP_SYN_SENT && new_state == TCP_CLOSE)
		connect_failed(sk);
	else if (new_state == TCP_LISTEN)
		listen_begins(sk);
	else if (old_state == TCP_LISTEN)
		listen_ends(sk);
	on_state(sk, new_state);
	return 0;
}

SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(sock_destroy, struct sock *sk)
{
	on_destroy(sk);
	return 0;
}

static __always_inline void end_image(const struct process_key *key)
{
	struct process_identity *id = bpf_map_lookup_elem(&processes, key);

	if (id)
		id->exited_ns = bpf_ktime_get_ns();
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct process_key key;

	if (task->signal->live.counter != 0)
		return 0; /* other threads go on */
	process_key_of(task, &key);
	end_image(&key);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task)
{
	struct process_key key;

	process_key_of(task, &key);
	key.exec_id--; /* the image before */
	end_image(&key);
	return 0;
}

/* Lists the exchanges that are unanswered past stuck_after, as struct open_exchange. */
SEC("iter/bpf_sk_storage_map")
int list_open(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct conn *c = ctx->value;
	struct sock *sk = ctx->sk;
	struct open_exchange open = {};
	__u64 now = bpf_ktime_get_ns();

	if (!c || !sk || c->phase != PHASE_REQUEST || is_left_out(c))
		return 0;
	if (now < c->current.start_ns + stuck_after_ns)
		return 0;
	open.process = c->process;
	open.start_ns = c->current.start_ns;
	open.role = c->role;
	open.protocol = c->protocol;
	open.port = service_port(sk, c->role);
	bpf_seq_write(ctx->meta->seq, &open, sizeof(open));
	return 0;
}

/* Lists the connections that are measured, as struct connection_stat. */
SEC("iter/bpf_sk_storage_map")
int list_conns(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct connection_stat s = {};
	struct conn *c;

	if (!sk || !ctx->value)
		return 0;
	/* the same as the value: a program that names the map is known to belong to its receiver (internal/perfstats) */
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (!c || c->role == ROLE_UNKNOWN)
		return 0;
	s.process = c->process;
	s.conn = c->cookie;
	s.exchanges = c->sequence;
	s.untold = c->untold;
	s.role = c->role;
	s.protocol = c->protocol;
	read_addresses(sk, &s.family, &s.local_port, &s.remote_port, s.local_addr, s.remote_addr);
	bpf_seq_write(ctx->meta->seq, &s, sizeof(s));
	return 0;
}

/* Ends the exchanges of Unix sockets that were closed, and writes a struct unmeasured_key for each exchange that is open, of a Unix socket the one of unix_exchanges. */
SEC("iter/bpf_sk_storage_map")
int sweep(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct sock *sk = ctx->sk;
	struct conn *c = ctx->value;
	struct unmeasured_key open = {};

	if (!sk || !c)
		return 0;
	if (is_unix_stream(sk)) {
		on_unix_sweep(sk);
		open.reason = UNMEASURED_UNIX_CLOSED;
	}
	if (c->phase != PHASE_REQUEST && !(c->flags & CONN_DEFERRED))
		return 0;
	open.process = c->process;
	open.role = c->role;
	open.protocol = c->protocol;
	bpf_seq_write(ctx->meta->seq, &open, sizeof(open));
	return 0;
}

/* Lists the listeners, as struct listener_stat. */
SEC("iter/bpf_sk_storage_map")
int list_listeners(struct bpf_iter__bpf_sk_storage_map *ctx)
{
	struct listener *l = ctx->value;
	struct listener_stat s = {};
	struct sock *sk = ctx->sk;

	if (!l || !sk)
		return 0;
	s.key.process = l->process;
	s.key.port = sk->__sk_common.skc_num;
	s.dropped = dropped_at(sk, l);
	if (s.dropped)
		bpf_seq_write(ctx->meta->seq, &s, sizeof(s));
	return 0;
}

/* Walks once over all open files: the listeners that are older than the agent, with who holds them. */
SEC("iter/task_file")
int find_listeners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct socket *socket;
	struct sock *sk;

	if (!task || !file || (__u32)task->tgid == self_tgid)
		return 0;
	socket = bpf_sock_from_file(file);
	if (!socket)
		return 0;
	sk = socket->sk;
	if (sk && is_inet_stream(sk) && sk->sk_protocol == IPPROTO_TCP && sk->__sk_common.skc_state == TCP_LISTEN)
		note_listener(sk, task);
	return 0;
}

/* Run once by the collector, in its own context: it learns its number in the initial pid namespace, and what is the same for all tasks. */
SEC("raw_tp")
int learn_self(void *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();

	self_tgid = task->tgid;
	/* by way of memory: Linux 6.1 lets nobody calculate with such a pointer */
	*(volatile __u64 *)&registers_at = bpf_task_pt_regs(task);
	registers_at = *(volatile __u64 *)&registers_at - (__u64)task->stack;
	attached_ns = bpf_ktime_get_ns();
	return 0;
}

/* Types that no map holds, for the generated Go side. */
const struct exchange_record *unused_exchange __attribute__((unused));
const struct tail_record *unused_tail __attribute__((unused));
const struct chunk_record *unused_chunk __attribute__((unused));
const struct open_exchange *unused_open __attribute__((unused));
const struct listener_stat *unused_listener __attribute__((unused));
const struct connection_stat *unused_connection __attribute__((unused));
const enum record_kind *unused_record_kind __attribute__((unused));
const enum role *unused_role __attribute__((unused));
const enum protocol *unused_protocol __attribute__((unused));
const enum outcome *unused_outcome __attribute__((unused));
const enum exchange_flag *unused_exchange_flag __attribute__((unused));
const enum status_class *unused_status_class __attribute__((unused));
const enum tail_flag *unused_tail_flag __attribute__((unused));
const enum chunk_flag *unused_chunk_flag __attribute__((unused));
const enum counter *unused_counter __attribute__((unused));
const enum failure *unused_failure __attribute__((unused));
const enum spill_reason *unused_spill_reason __attribute__((unused));
const enum unmeasured_reason *unused_unmeasured_reason __attribute__((unused));
