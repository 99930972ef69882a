// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_ARCH_X86_H
#define SLOE_ARCH_X86_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	long unsigned int bx;
	long unsigned int cx;
	long unsigned int dx;
	long unsigned int si;
	long unsigned int di;
	long unsigned int orig_ax;
};

struct thread_info {
	__u32 status;
};

#pragma clang attribute pop

#define SYSCALL_NUMBER(regs) ((__u32)(regs)->orig_ax)
#define SYSCALL_ARG1(regs) ((regs)->di)
#define SYSCALL_ARG2(regs) ((regs)->si)
#define SYSCALL_ARG3(regs) ((regs)->dx)

/* A 32-bit system call: it has a table of its own. The code segment does not tell: `int 0x80` works from 64-bit code. */
#define TS_COMPAT 0x0002
#define IN_COMPAT_CALL(info) ((info)->status & TS_COMPAT)

/* arch/x86/entry/syscalls/syscall_64.tbl */
#define SYSCALL_READ 0
#define SYSCALL_WRITE 1
#define SYSCALL_READV 19
#define SYSCALL_WRITEV 20
#define SYSCALL_SENDTO 44
#define SYSCALL_RECVFROM 45
#define SYSCALL_SENDMSG 46
#define SYSCALL_RECVMSG 47
#define SYSCALL_SPLICE 275
#define SYSCALL_RECVMMSG 299
#define SYSCALL_SENDMMSG 307
#define SYSCALL_PREADV2 327
#define SYSCALL_PWRITEV2 328

/* arch/x86/entry/syscalls/syscall_32.tbl */
#define COMPAT_ARG1(regs) ((regs)->bx)
#define COMPAT_ARG2(regs) ((regs)->cx)
#define COMPAT_ARG3(regs) ((regs)->dx)
#define COMPAT_READ 3
#define COMPAT_WRITE 4
#define COMPAT_SOCKETCALL 102
#define COMPAT_READV 145
#define COMPAT_WRITEV 146
#define COMPAT_SPLICE 313
#define COMPAT_RECVMMSG 337
#define COMPAT_SENDMMSG 345
#define COMPAT_SENDTO 369
#define COMPAT_SENDMSG 370
#define COMPAT_RECVFROM 371
#define COMPAT_RECVMSG 372
#define COMPAT_PREADV2 378
#define COMPAT_PWRITEV2 379
#define COMPAT_RECVMMSG_TIME64 417

#endif
