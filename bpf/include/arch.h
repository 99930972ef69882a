// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_ARCH_H
#define SLOE_ARCH_H

/*
 * What differs by architecture: where the kernel saves a system call's number and
 * arguments, and the numbers themselves. Included by kernel.h, which declares the
 * types.
 */

#if defined(__TARGET_ARCH_x86)
#include "arch_x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arch_arm64.h"
#else
#error "no registers and system calls are known of this architecture"
#endif

#endif
