// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_PAYLOAD_H
#define SLOE_PAYLOAD_H

/*
 * Where the bytes of a socket I/O are, without an entry probe: the saved user
 * registers of the current task name the buffer of the system call it is in.
 */

#include "call.h"
#include "maps.h"

#define MAX_WALK_IOVECS 1024 /* UIO_MAXIOV */
#define MAX_IOVECS 4 /* gathered at most: a head is rarely spread wider */

#define BUFFER_EMPTY 1 /* instead of a file's address: the buffer holds nothing of the I/O */

/* The address of a socket's file, 0: it has none (a socket of the kernel's own). */
static __always_inline __u64 file_of(struct sock *sk)
{
	struct socket *socket = sk->sk_socket;

	return socket ? (__u64)socket->file : 0;
}

/* Reads a pointer from an address of the kernel: a plain load where the kernel lets it. */
static __always_inline __u64 pointer_at(void *address)
{
	void *pointer = NULL;

	if (bpf_rdonly_cast) {
		struct callback_head *slot = bpf_rdonly_cast(address, bpf_core_type_id_kernel(struct callback_head));

		return (__u64)slot->next;
	}
	bpf_probe_read_kernel(&pointer, sizeof(pointer), address);
	return (__u64)pointer;
}

/*
 * The registers are trusted only if the system call's descriptor is this very
 * socket. An io_uring completion runs as task work under any system call and
 * with an unrelated buffer in the registers; a kernel thread has none. Only plain
 * loads where they can be had: each helper call would add some ten nanoseconds.
 */
static __always_inline bool names_file(struct task_struct *task, __u64 file, __u32 fd)
{
	struct fdtable *table;

	if (!file || !task->files)
		return false;
	table = task->files->fdt;
	if (fd >= table->max_fds)
		return false;
	return pointer_at((void *)table->fd + (__u64)fd * sizeof(void *)) == file;
}

enum located {
	LOCATED = 0,
	LOCATED_NOTHING,   /* a call without a buffer (sendfile, splice), or one whose buffer is another message's */
	LOCATED_UNTRUSTED, /* the registers are not about this socket */
	LOCATED_FAULT,     /* user memory not present */
};

static __always_inline int locate_iovecs(struct io_buffer *b, __u64 iovecs, __u64 n)
{
	struct user_iovec first;

	if (n == 0)
		return LOCATED_NOTHING;
	if (read_iovec(&first, iovecs, 0, b->compat))
		return LOCATED_FAULT;
	b->base = first.base;
	b->len = first.len;
	b->iovecs = n > 1 ? iovecs : 0;
	b->iovec_count = n;
	return LOCATED;
}

/* The current task, whose address is known: a call less. */
static __always_inline struct task_struct *task_of(const struct scratch *scratch)
{
	if (bpf_rdonly_cast)
		return bpf_rdonly_cast((void *)scratch->task, bpf_core_type_id_kernel(struct task_struct));
	return bpf_get_current_task_btf();
}

/* Its saved user registers. Their place on its stack is that of every task: a call less. */
static __always_inline struct pt_regs *registers_of(struct task_struct *task)
{
	if (bpf_rdonly_cast)
		return bpf_rdonly_cast(task->stack + registers_at, bpf_core_type_id_kernel(struct pt_regs));
	return (struct pt_regs *)bpf_task_pt_regs(task);
}

/* Finds the buffer of the current I/O, in scratch->buffer. */
static __always_inline int find_buffer(struct scratch *scratch)
{
	struct task_struct *task = task_of(scratch);
	struct user_call call = {};
	struct user_iovec message;
	struct io_buffer *b;
	struct pt_regs *regs;

	if (scratch->file == BUFFER_EMPTY)
		return LOCATED_NOTHING;
	b = &scratch->buffer;
	b->iovecs = 0;
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER))
		return LOCATED_UNTRUSTED;
	regs = registers_of(task);
	b->compat = IN_COMPAT_CALL(&task->thread_info);
	if (b->compat)
		compat_call(regs, &call);
	else
		native_call(regs, &call);
	if (!names_file(task, scratch->file, call.fd))
		return LOCATED_UNTRUSTED;
	switch (call.kind) {
	case CALL_BUFFER:
		b->base = call.address;
		b->len = call.length;
		return LOCATED;
	case CALL_IOVECS:
		return locate_iovecs(b, call.address, call.length);
	case CALL_MESSAGES: /* fires for each message with the first one's buffer in the registers */
		if ((__u32)call.length != 1 && !scratch->first_will_do)
			return LOCATED_NOTHING;
		/* fallthrough */
	case CALL_MESSAGE:
		if (read_pair(&message, call.address + (b->compat ? MSGHDR_IOV_COMPAT : MSGHDR_IOV), b->compat))
			return LOCATED_FAULT;
		return locate_iovecs(b, message.base, message.len);
	}
	return LOCATED_NOTHING;
}

/* The same as a global function of plain memory: the verifier looks at it once, and callers are not charged its stack. */
__noinline int locate(struct scratch *scratch)
{
	return scratch ? find_buffer(scratch) : LOCATED_NOTHING;
}

/*
 * Copies at most want bytes to scratch->payload from offset on, up to room
 * (REQUEST_PREFIX or RESPONSE_PREFIX). Returns how many bytes were copied; the
 * kernel just touched them, so a fault is rare (the page was taken away
 * meanwhile).
 */
static __always_inline __u32 gather(struct scratch *scratch, __u32 room, __u32 offset, const struct io_buffer *b,
				    __u64 want)
{
	struct user_iovec v = {.base = b->base, .len = b->len};
	__u32 end = offset, limit;
	int i;

	if (room > RESPONSE_PREFIX || offset >= room)
		return 0;
	if (!b->iovecs && !offset) { /* the usual way, and a short one */
		limit = want > room ? room : want;
		if (limit > b->len)
			limit = b->len;
		barrier_var(limit);
		limit &= 2 * RESPONSE_PREFIX - 1;
		if (limit > RESPONSE_PREFIX || bpf_probe_read_user(scratch->payload, limit, (void *)b->base))
			return 0;
		return limit;
	}
	limit = want > room - offset ? room : offset + (__u32)want;
	for (i = 0; i < MAX_IOVECS; i++) {
		__u64 n;

		if (i > 0) {
			if (!b->iovecs || i >= b->iovec_count)
				break;
			if (read_iovec(&v, b->iovecs, i, b->compat))
				break;
		}
		if (end >= limit)
			break;
		n = v.len;
		if (n > limit - end)
			n = limit - end;
		if (n == 0)
			continue;
		/* end + n <= RESPONSE_PREFIX; the masks say it to the verifier, who forgets the sum */
		barrier_var(n);
		barrier_var(end);
		n &= 2 * RESPONSE_PREFIX - 1;
		if (n > RESPONSE_PREFIX)
			break;
		end &= RESPONSE_PREFIX - 1;
		if (bpf_probe_read_user(scratch->payload + end, n, (void *)v.base))
			break;
		end += n;
	}
	return end - offset;
}

/* What read_payload takes and returns. */
#define PAYLOAD_REQUEST (1 << 31)    /* with the room: how the I/O ends is of no interest */
#define PAYLOAD_BYTES 0xffff        /* how many bytes were copied */
#define PAYLOAD_LOCATED_SHIFT 16    /* enum located */
#define PAYLOAD_LAST_CHUNK (1 << 20) /* the I/O ends like a chunked body */
#define PAYLOAD_MAY_END (1 << 21)    /* it may: with a trailer, or its last bytes are not to be had */

#define LAST_CHUNK 5 /* bytes of it: "0", and two ends of a line */

/* Behind the last byte of an I/O of several buffers, 0: it is not known. Of a part of them it is anywhere. */
static __always_inline __u64 end_of_iovecs(const struct io_buffer *b, __u64 len)
{
	struct user_iovec v = {};
	__u64 sum = 0;
	int i;

	if (b->iovec_count > MAX_IOVECS)
		return 0;
	for (i = 0; i < MAX_IOVECS && i < b->iovec_count; i++) {
		if (read_iovec(&v, b->iovecs, i, b->compat))
			return 0;
		sum += v.len;
	}
	return sum == len && v.len >= LAST_CHUNK ? v.base + v.len : 0;
}

/* How the bytes of an I/O end, for the end of a chunked body (RFC 9112, section 7.1). */
static __always_inline __u32 body_end(const struct io_buffer *b, __u64 len)
{
	char end[LAST_CHUNK];
	__u64 behind = b->iovecs ? end_of_iovecs(b, len) : b->base + len;

	if (!behind || len < sizeof(end))
		return PAYLOAD_MAY_END;
	if (bpf_probe_read_user(end, sizeof(end), (void *)behind - sizeof(end)))
		return PAYLOAD_MAY_END;
	if (end[3] != '\r' || end[4] != '\n')
		return end[4] == '\r' ? PAYLOAD_MAY_END : 0;
	if (end[1] != '\r' || end[2] != '\n')
		return 0;
	return end[0] == '0' ? PAYLOAD_LAST_CHUNK : PAYLOAD_MAY_END;
}

/*
 * Copies the beginning of the current I/O's len bytes to scratch->payload from
 * offset on, up to room; with room 0 only looks at its end.
 *
 * A global function of plain memory: the verifier looks at it once, not on every
 * path to it, and forgets which path it took here.
 */
__noinline int read_payload(struct scratch *scratch, __u32 room, __u32 offset, __u64 len)
{
	struct io_buffer *b;
	__u32 got, begin_only = room & PAYLOAD_REQUEST;
	int located;

	if (!scratch)
		return 0;
	room &= ~PAYLOAD_REQUEST;
	scratch->base = 0;
	located = find_buffer(scratch);
	if (located != LOCATED)
		return located << PAYLOAD_LOCATED_SHIFT;
	b = &scratch->buffer;
	scratch->base = b->base;
	scratch->part_start = 0;
	scratch->part_end = b->len < len ? b->len : len;
	scratch->iovecs = b->iovecs + sizeof(struct user_iovec);
	scratch->iovec_count = b->iovecs && !b->compat && b->iovec_count <= MAX_WALK_IOVECS ? b->iovec_count - 1 : 0;
	got = gather(scratch, room, offset, b, len);
	if (len > got && !begin_only)
		return got | body_end(b, len);
	return got;
}

static __always_inline int located_of(int payload)
{
	return payload >> PAYLOAD_LOCATED_SHIFT & 3;
}

/* Whether the I/O may end a chunked body. */
static __always_inline bool may_end(int payload)
{
	return payload & PAYLOAD_MAY_END || located_of(payload) != LOCATED;
}

/* Whether there are bytes which could not be read. */
static __always_inline bool is_untold(int payload)
{
	return located_of(payload) >= LOCATED_UNTRUSTED;
}

static __always_inline void count_untold(int payload)
{
	int located = located_of(payload);

	if (located == LOCATED_UNTRUSTED)
		count(LOSS_UNTRUSTED);
	else if (located == LOCATED_FAULT)
		count(LOSS_FAULT);
}

#endif
