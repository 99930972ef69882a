// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_UNMEASURED_H
#define SLOE_UNMEASURED_H

/*
 * What is missing in the counts of a process. A service whose requests pass unseen
 * must not look like one that has none, so each loss that can be told is counted
 * where it is noticed, with whose it is.
 */

#include "kernel.h"
#include "maps.h"

#define MAX_UNMEASURED 8192

/*
 * unmeasured: exchanges, or turns, that were not measured. Cumulative.
 *   inserts: count_unmeasured; the receiver the keys without a process, which take the counts of a full map
 *   reads:   the receiver, at every interval
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_UNMEASURED);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct unmeasured_key);
	__type(value, __u64);
} unmeasured SEC(".maps");

/*
 * Counts n exchanges. A global function: the verifier looks at it once. It may run
 * in softirq.
 */
__noinline int count_unmeasured(const struct process_key *process, __u32 role, __u32 protocol, __u32 reason, __u32 n)
{
	struct unmeasured_key key = {.role = role, .protocol = protocol, .reason = reason};
	__u64 *sum, first = n;

	if (!process)
		return 0;
	key.process = *process;
	sum = bpf_map_lookup_elem(&unmeasured, &key);
	if (!sum) {
		if (!bpf_map_update_elem(&unmeasured, &key, &first, BPF_NOEXIST))
			return 0;
		sum = bpf_map_lookup_elem(&unmeasured, &key);
	}
	if (!sum) {
		count(LOSS_UNMEASURED_FULL);
		__builtin_memset(&key, 0, sizeof(key));
		key.reason = reason;
		sum = bpf_map_lookup_elem(&unmeasured, &key);
	}
	if (sum)
		__sync_fetch_and_add(sum, n);
	return 0;
}

#endif
