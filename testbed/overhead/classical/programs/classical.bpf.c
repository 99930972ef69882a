// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)

/*
 * The design that most agents use, to compare with: a tracepoint at the entry of
 * each system call that may be socket I/O, which keeps the arguments by thread in
 * a hash, and one at its exit, which takes them out again, finds out by the
 * descriptor table whether they were about a TCP socket, looks at the payload,
 * and either pairs request and response in a hash by descriptor (`pairs`), or
 * sends every I/O on for user space to pair.
 *
 * It is kept as cheap as the design allows, so that the comparison is fair: typed
 * loads in place of helper calls, batched wake-ups, one record a pair, as much of
 * the payload as Sloe captures. It does without all that makes counts exact: no
 * order of hooks, no ends of connections, no aggregates, no process identities.
 */

#include <stdbool.h>
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sock_common {
	short unsigned int skc_family;
};

struct sock {
	struct sock_common __sk_common;
	__u16 sk_protocol;
};

struct socket {
	struct sock *sk;
};

struct inode {
	short unsigned int i_mode;
};

struct file {
	struct inode *f_inode;
	void *private_data;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct task_struct {
	struct files_struct *files;
};

/* Stands in for "a place that holds a pointer". */
struct callback_head {
	struct callback_head *next;
};

#pragma clang attribute pop

extern void *bpf_rdonly_cast(const void *obj, __u32 btf_id) __ksym;

#define AF_INET 2
#define AF_INET6 10
#define IPPROTO_TCP 6
#define S_IFMT 0170000
#define S_IFSOCK 0140000

#define REQUEST_PREFIX 256
#define RESPONSE_PREFIX 512

/* Set before loading. */
const volatile __u32 self_tgid = 0;    /* whose system calls are passed over */
const volatile __u32 wakeup_bytes = 0; /* wake the reader at this much unread data */
const volatile bool pairs = true;

/* calls: arguments of the system call that a thread is in. The entry inserts, the exit reads and deletes. */
struct call {
	__u32 fd;
	__u32 nr;
	__u64 buffer;
	__u64 len;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct call);
} calls SEC(".maps");

/* requests: by descriptor, the request that waits for its response. The exits insert and read, the kernel evicts. */
struct conn_key {
	__u32 tgid;
	__u32 fd;
};

struct request {
	__u64 start_ns;
	__u32 len;
	__u8 direction;
	__u8 open;
	__u8 pad[2];
	__u8 data[REQUEST_PREFIX];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct conn_key);
	__type(value, struct request);
} requests SEC(".maps");

struct event {
	__u64 start_ns;
	__u64 end_ns;
	__u64 thread;
	__u32 fd;
	__s32 ret;
	__u16 request_len;
	__u16 response_len;
	__u8 direction;
	__u8 pad[3];
	__u8 data[REQUEST_PREFIX + RESPONSE_PREFIX];
};

/* events: the exits insert, the reader deletes. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20);
} events SEC(".maps");

struct scratch {
	struct request request;
	struct event event;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

struct enter_context {
	__u64 common;
	__u64 nr;
	__u64 args[6];
};

struct exit_context {
	__u64 common;
	__u64 nr;
	__s64 ret;
};

static __always_inline int on_enter(struct enter_context *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call call = {.fd = ctx->args[0], .nr = ctx->nr, .buffer = ctx->args[1], .len = ctx->args[2]};

	if (thread >> 32 == self_tgid)
		return 0;
	bpf_map_update_elem(&calls, &thread, &call, BPF_ANY);
	return 0;
}

static __always_inline bool is_tcp_socket(__u32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table;
	struct callback_head *slot;
	struct file *file;
	struct socket *socket;
	struct sock *sk;

	if (!task->files)
		return false;
	table = task->files->fdt;
	if (fd >= table->max_fds)
		return false;
	slot = bpf_rdonly_cast((void *)table->fd + (__u64)fd * sizeof(void *),
			       bpf_core_type_id_kernel(struct callback_head));
	file = bpf_rdonly_cast(slot->next, bpf_core_type_id_kernel(struct file));
	if ((file->f_inode->i_mode & S_IFMT) != S_IFSOCK)
		return false;
	socket = bpf_rdonly_cast(file->private_data, bpf_core_type_id_kernel(struct socket));
	sk = socket->sk;
	return (sk->__sk_common.skc_family == AF_INET || sk->__sk_common.skc_family == AF_INET6) &&
	       sk->sk_protocol == IPPROTO_TCP;
}

struct user_iovec {
	__u64 base;
	__u64 len;
};

/* The first buffer of the call. */
static __always_inline bool locate(const struct call *call, struct user_iovec *v)
{
	__u64 iovecs = call->buffer;

	switch (call->nr) {
	case 46: /* sendmsg */
	case 47: /* recvmsg */
		if (bpf_probe_read_user(&iovecs, sizeof(iovecs), (void *)call->buffer + 16))
			return false;
		/* fallthrough */
	case 19: /* readv */
	case 20: /* writev */
		return !bpf_probe_read_user(v, sizeof(*v), (void *)iovecs);
	}
	v->base = call->buffer;
	v->len = call->len;
	return true;
}

enum head {
	HEAD_NONE,
	HEAD_REQUEST,
	HEAD_RESPONSE,
};

static __always_inline enum head classify(__u32 word)
{
	switch (word) {
	case 0x50545448: /* HTTP */
		return HEAD_RESPONSE;
	case 0x20544547: /* GET */
	case 0x54534f50: /* POST */
	case 0x20545550: /* PUT */
	case 0x454c4544: /* DELE */
	case 0x44414548: /* HEAD */
	case 0x4954504f: /* OPTI */
	case 0x43544150: /* PATC */
		return HEAD_REQUEST;
	}
	return HEAD_NONE;
}

static __always_inline void send(struct event *e, __u32 captured)
{
	__u64 wakeup = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wakeup_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;

	if (captured > sizeof(e->data))
		captured = sizeof(e->data);
	bpf_ringbuf_output(&events, e, offsetof(struct event, data) + captured, wakeup);
}

static __always_inline __u32 capture(__u8 *to, __u32 room, const struct user_iovec *v, __s64 ret)
{
	__u32 n = ret < (__s64)v->len ? ret : v->len;

	if (n > room)
		n = room;
	if (bpf_probe_read_user(to, n, (void *)v->base))
		return 0;
	return n;
}

static __always_inline int on_exit(struct exit_context *ctx, __u8 direction)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct call *kept = bpf_map_lookup_elem(&calls, &thread);
	struct conn_key key;
	struct call call;
	struct user_iovec v;
	struct scratch *s;
	struct request *r;
	__u32 word = 0, zero = 0;

	if (!kept)
		return 0;
	call = *kept;
	bpf_map_delete_elem(&calls, &thread);
	if (ctx->ret <= 0 || !is_tcp_socket(call.fd) || !locate(&call, &v))
		return 0;
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s)
		return 0;
	if (!pairs) {
		s->event.start_ns = s->event.end_ns = bpf_ktime_get_ns();
		s->event.thread = thread;
		s->event.fd = call.fd;
		s->event.ret = ctx->ret;
		s->event.direction = direction;
		s->event.request_len = capture(s->event.data, RESPONSE_PREFIX, &v, ctx->ret);
		s->event.response_len = 0;
		send(&s->event, s->event.request_len);
		return 0;
	}
	if (ctx->ret < 4 || bpf_probe_read_user(&word, sizeof(word), (void *)v.base))
		return 0;
	key.tgid = thread >> 32;
	key.fd = call.fd;
	switch (classify(word)) {
	case HEAD_NONE:
		return 0;
	case HEAD_REQUEST:
		r = bpf_map_lookup_elem(&requests, &key);
		if (!r) {
			bpf_map_update_elem(&requests, &key, &s->request, BPF_ANY);
			r = bpf_map_lookup_elem(&requests, &key);
			if (!r)
				return 0;
		}
		r->start_ns = bpf_ktime_get_ns();
		r->direction = direction;
		r->open = 1;
		r->len = capture(r->data, REQUEST_PREFIX, &v, ctx->ret);
		return 0;
	case HEAD_RESPONSE:
		r = bpf_map_lookup_elem(&requests, &key);
		if (!r || !r->open || r->direction == direction)
			return 0;
		r->open = 0;
		s->event.start_ns = r->start_ns;
		s->event.end_ns = bpf_ktime_get_ns();
		s->event.thread = thread;
		s->event.fd = call.fd;
		s->event.ret = ctx->ret;
		s->event.direction = direction;
		s->event.request_len = r->len;
		__builtin_memcpy(s->event.data, r->data, REQUEST_PREFIX);
		s->event.response_len = capture(s->event.data + REQUEST_PREFIX, RESPONSE_PREFIX, &v, ctx->ret);
		send(&s->event, REQUEST_PREFIX + s->event.response_len);
	}
	return 0;
}

#define SYSTEM_CALL(name, direction) \
	SEC("tracepoint/syscalls/sys_enter_" #name) int enter_##name(struct enter_context *ctx) \
	{ return on_enter(ctx); } \
	SEC("tracepoint/syscalls/sys_exit_" #name) int exit_##name(struct exit_context *ctx) \
	{ return on_exit(ctx, direction); }

SYSTEM_CALL(read, 0)
SYSTEM_CALL(readv, 0)
SYSTEM_CALL(recvfrom, 0)
SYSTEM_CALL(recvmsg, 0)
SYSTEM_CALL(write, 1)
SYSTEM_CALL(writev, 1)
SYSTEM_CALL(sendto, 1)
SYSTEM_CALL(sendmsg, 1)
