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

/* Exchanges of Unix sockets. */
struct unix_exchanges {
	__u64 opened;
	__u64 ended;
};

/*
 * unix_exchanges: by whose they are, with UNMEASURED_UNIX_CLOSED as the reason, which is what
 * those are that were opened, are not open and have not ended. Cumulative.
 *   inserts: count_unix
 *   reads:   the receiver, around each walk over the connections
 *   deletes: the receiver, when the process ended and a grace period passed
 * Of what finds no room neither is counted, and so none of it is said to be missing.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_UNMEASURED);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct unmeasured_key);
	__type(value, struct unix_exchanges);
} unix_exchanges SEC(".maps");

/* Counts an exchange of a Unix socket that was opened, or ended. A global function, as the next one. */
__noinline int count_unix(const struct process_key *process, __u32 role, __u32 protocol, __u32 ended)
{
	struct unmeasured_key key = {.role = role, .protocol = protocol, .reason = UNMEASURED_UNIX_CLOSED};
	struct unix_exchanges *sums, none = {};

	if (!process)
		return 0;
	key.process = *process;
	sums = bpf_map_lookup_elem(&unix_exchanges, &key);
	if (!sums && !ended) {
		bpf_map_update_elem(&unix_exchanges, &key, &none, BPF_NOEXIST);
		sums = bpf_map_lookup_elem(&unix_exchanges, &key);
	}
	if (sums)
		__sync_fetch_and_add(ended ? &sums->ended : &sums->opened, 1);
	return 0;
}

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
