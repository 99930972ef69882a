// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CALL_H
#define SLOE_CALL_H

/*
 * The system call that the current task is in, by its saved user registers: which
 * descriptor it is about, and where its buffer is.
 *
 * A 32-bit program has a table of system calls of its own, and structures in user
 * memory with pointers and lengths of 32 bits.
 */

#include "kernel.h"

enum call_kind {
	CALL_WITHOUT_BUFFER = 0, /* sendfile, splice, and what moves no bytes of a socket */
	CALL_BUFFER,             /* address and length */
	CALL_IOVECS,             /* address and number of iovecs */
	CALL_MESSAGE,            /* address of a msghdr */
	CALL_MESSAGES,           /* address and number of mmsghdrs, which begin with a msghdr */
};

struct user_call {
	__u32 kind;
	__u32 fd;
	__u64 address;
	__u64 length;
};

static __always_inline void native_call(const struct pt_regs *regs, struct user_call *call)
{
	__u32 number = SYSCALL_NUMBER(regs);

	call->fd = number == SYSCALL_SPLICE ? SYSCALL_ARG3(regs) : SYSCALL_ARG1(regs);
	call->address = SYSCALL_ARG2(regs);
	call->length = SYSCALL_ARG3(regs);
	switch (number) {
	case SYSCALL_READ:
	case SYSCALL_WRITE:
	case SYSCALL_SENDTO:
	case SYSCALL_RECVFROM:
		call->kind = CALL_BUFFER;
		return;
	case SYSCALL_READV:
	case SYSCALL_WRITEV:
	case SYSCALL_PREADV2:
	case SYSCALL_PWRITEV2:
		call->kind = CALL_IOVECS;
		return;
	case SYSCALL_SENDMSG:
	case SYSCALL_RECVMSG:
		call->kind = CALL_MESSAGE;
		return;
	case SYSCALL_SENDMMSG:
	case SYSCALL_RECVMMSG:
		call->kind = CALL_MESSAGES;
		return;
	}
	call->kind = CALL_WITHOUT_BUFFER;
}

#ifdef COMPAT_SOCKETCALL
/* include/uapi/linux/net.h: the first argument of socketcall(2). The second is the address of the others. */
#define SOCKETCALL_SEND 9
#define SOCKETCALL_RECV 10
#define SOCKETCALL_SENDTO 11
#define SOCKETCALL_RECVFROM 12
#define SOCKETCALL_SENDMSG 16
#define SOCKETCALL_RECVMSG 17
#define SOCKETCALL_RECVMMSG 19
#define SOCKETCALL_SENDMMSG 20

static __always_inline void socket_call(const struct pt_regs *regs, struct user_call *call)
{
	__u32 arguments[3];

	call->kind = CALL_WITHOUT_BUFFER;
	call->fd = -1; /* no descriptor: not trusted */
	if (bpf_probe_read_user(arguments, sizeof(arguments), (void *)(__u64)(__u32)COMPAT_ARG2(regs)))
		return;
	call->fd = arguments[0];
	call->address = arguments[1];
	call->length = arguments[2];
	switch ((__u32)COMPAT_ARG1(regs)) {
	case SOCKETCALL_SEND:
	case SOCKETCALL_RECV:
	case SOCKETCALL_SENDTO:
	case SOCKETCALL_RECVFROM:
		call->kind = CALL_BUFFER;
		return;
	case SOCKETCALL_SENDMSG:
	case SOCKETCALL_RECVMSG:
		call->kind = CALL_MESSAGE;
		return;
	case SOCKETCALL_SENDMMSG:
	case SOCKETCALL_RECVMMSG:
		call->kind = CALL_MESSAGES;
		return;
	}
}
#endif

static __always_inline void compat_call(const struct pt_regs *regs, struct user_call *call)
{
	__u32 number = SYSCALL_NUMBER(regs);

#ifdef COMPAT_SOCKETCALL
	if (number == COMPAT_SOCKETCALL) {
		socket_call(regs, call);
		return;
	}
#endif
	call->fd = number == COMPAT_SPLICE ? COMPAT_ARG3(regs) : COMPAT_ARG1(regs);
	call->address = (__u32)COMPAT_ARG2(regs);
	call->length = (__u32)COMPAT_ARG3(regs);
	switch (number) {
	case COMPAT_READ:
	case COMPAT_WRITE:
	case COMPAT_SENDTO:
	case COMPAT_RECVFROM:
#ifdef COMPAT_SEND
	case COMPAT_SEND:
	case COMPAT_RECV:
#endif
		call->kind = CALL_BUFFER;
		return;
	case COMPAT_READV:
	case COMPAT_WRITEV:
	case COMPAT_PREADV2:
	case COMPAT_PWRITEV2:
		call->kind = CALL_IOVECS;
		return;
	case COMPAT_SENDMSG:
	case COMPAT_RECVMSG:
		call->kind = CALL_MESSAGE;
		return;
	case COMPAT_SENDMMSG:
	case COMPAT_RECVMMSG:
	case COMPAT_RECVMMSG_TIME64:
		call->kind = CALL_MESSAGES;
		return;
	}
	call->kind = CALL_WITHOUT_BUFFER;
}

struct user_iovec {
	__u64 base;
	__u64 len;
};

/* Where in a msghdr the place and the number of its iovecs stand. */
#define MSGHDR_IOV 16
#define MSGHDR_IOV_COMPAT 8

/* Reads a pair of a pointer and a length from user memory: an iovec, or the place of a message's iovecs. */
static __always_inline long read_pair(struct user_iovec *to, __u64 at, bool compat)
{
	__u32 narrow[2];
	long error;

	if (!compat)
		return bpf_probe_read_user(to, sizeof(*to), (void *)at);
	error = bpf_probe_read_user(narrow, sizeof(narrow), (void *)at);
	to->base = narrow[0];
	to->len = narrow[1];
	return error;
}

static __always_inline long read_iovec(struct user_iovec *to, __u64 iovecs, __u64 i, bool compat)
{
	return read_pair(to, iovecs + i * (compat ? 2 * sizeof(__u32) : sizeof(*to)), compat);
}

#endif
