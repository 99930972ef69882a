// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_ARCH_ARM64_H
#define SLOE_ARCH_ARM64_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
};

struct thread_info {
	long unsigned int flags;
};

#pragma clang attribute pop

#define SYSCALL_NUMBER(regs) ((__u32)(regs)->syscallno)
/* x0 takes the result; its first value is kept apart */
#define SYSCALL_ARG1(regs) ((regs)->orig_x0)
#define SYSCALL_ARG2(regs) ((regs)->regs[1])
#define SYSCALL_ARG3(regs) ((regs)->regs[2])

/* A 32-bit program: its system calls have a table of their own. */
#define TIF_32BIT 22
#define IN_COMPAT_CALL(info) ((info)->flags & (1UL << TIF_32BIT))

/* include/uapi/asm-generic/unistd.h */
#define SYSCALL_READ 63
#define SYSCALL_WRITE 64
#define SYSCALL_READV 65
#define SYSCALL_WRITEV 66
#define SYSCALL_SPLICE 76
#define SYSCALL_SENDTO 206
#define SYSCALL_RECVFROM 207
#define SYSCALL_SENDMSG 211
#define SYSCALL_RECVMSG 212
#define SYSCALL_RECVMMSG 243
#define SYSCALL_SENDMMSG 269
#define SYSCALL_PREADV2 286
#define SYSCALL_PWRITEV2 287

/* arch/arm/tools/syscall.tbl: a 32-bit program's registers are the same, its number is in r7 and in syscallno */
#define COMPAT_ARG1(regs) SYSCALL_ARG1(regs)
#define COMPAT_ARG2(regs) SYSCALL_ARG2(regs)
#define COMPAT_ARG3(regs) SYSCALL_ARG3(regs)
#define COMPAT_READ 3
#define COMPAT_WRITE 4
#define COMPAT_READV 145
#define COMPAT_WRITEV 146
#define COMPAT_SEND 289
#define COMPAT_SENDTO 290
#define COMPAT_RECV 291
#define COMPAT_RECVFROM 292
#define COMPAT_SENDMSG 296
#define COMPAT_RECVMSG 297
#define COMPAT_SPLICE 340
#define COMPAT_RECVMMSG 365
#define COMPAT_SENDMMSG 374
#define COMPAT_PREADV2 392
#define COMPAT_PWRITEV2 393
#define COMPAT_RECVMMSG_TIME64 417

#endif
