// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_SAMPLE_H
#define SLOE_SAMPLE_H

/*
 * Which ended exchanges get a record. Those that do not are counted in the
 * aggregates, so that no choice here costs a count.
 */

#include "kernel.h"
#include "maps.h"

#define SAMPLE_ALL (1ULL << 32) /* above every hash */
#define RECORD_WANTED SPILL_REASONS /* what place returns where there is no reason to spill */

/* Set before loading. */
const volatile __u64 sample_below = SAMPLE_ALL; /* sampling ratio: hashes below it are wanted */
const volatile __u64 rate_interval_ns = 0;      /* between the records of one process, on average; 0: no limit */
const volatile __u64 rate_burst_ns = 0;         /* how far its records may run ahead of that */
const volatile __u32 always_errors = 0;
const volatile __u64 always_slower_ns = 0; /* 0: slow ones are like others */

/* The finalizer of MurmurHash3: neighbours get hashes that have nothing in common. */
static __always_inline __u32 mix(__u32 h)
{
	h ^= h >> 16;
	h *= 0x85ebca6b;
	h ^= h >> 13;
	h *= 0xc2b2ae35;
	h ^= h >> 16;
	return h;
}

/*
 * The sequence number of the request's first byte is the same at both ends of a
 * connection, through NAT too: both keep the same exchanges. Where there is none,
 * the socket's cookie and the exchange's number stand in, and each end decides
 * for itself.
 */
static __always_inline __u32 sample_hash(const struct exchange_record *r)
{
	if (r->request_seq)
		return mix(r->request_seq);
	return mix((__u32)r->conn * 31 + r->sequence);
}

/* As the indicators and the conventions have it: a server is not to blame for a 404, its client is told of one. */
static __always_inline bool is_error(const struct exchange_record *r)
{
	return r->outcome != OUTCOME_ANSWERED || r->failed || r->status >= (r->role == ROLE_CLIENT ? 400 : 500);
}

/* By what the caller felt, as far as it is known here: up to the first byte of the response. */
static __always_inline bool is_slow(const struct exchange_record *r)
{
	return r->end_ns > r->start_ns && r->end_ns - r->start_ns + r->queue_ns > always_slower_ns;
}

/*
 * Takes a token of the process, if there is one. The bucket holds the time up to
 * which its records are spent (the generic cell rate algorithm): one number, under
 * a lock, as several CPUs take from it.
 */
static __always_inline bool take_token(const struct process_key *process)
{
	struct process_key key = *process; /* Linux 6.1 takes keys from the stack, not from an argument's memory */
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);
	__u64 now = bpf_ktime_get_ns();
	bool taken = false;

	if (!b) {
		struct bucket fresh = {};

		bpf_map_update_elem(&buckets, &key, &fresh, BPF_NOEXIST);
		b = bpf_map_lookup_elem(&buckets, &key);
	}
	if (!b) {
		/* the map is full: what has no bucket of its own shares one, inserted at load */
		struct process_key anonymous = {};

		count(LOSS_BUCKETS_FULL);
		b = bpf_map_lookup_elem(&buckets, &anonymous);
		if (!b)
			return false;
	}
	bpf_spin_lock(&b->lock);
	if (b->spent_until < now)
		b->spent_until = now;
	if (b->spent_until - now + rate_interval_ns <= rate_burst_ns) {
		b->spent_until += rate_interval_ns;
		taken = true;
	}
	bpf_spin_unlock(&b->lock);
	return taken;
}

/*
 * Whether the turn prepares a statement by a name before it runs it: later turns name it
 * alone, and what it is, is learned from this record or never.
 */
static __always_inline bool names_statement(const struct exchange_record *r)
{
	return r->protocol == PROTOCOL_POSTGRESQL && r->request_len > 5 && r->data[0] == 'P' && r->data[5] && !(r->flags & EXCHANGE_MIDDLE);
}

/* Why the exchange is to be spilled, or RECORD_WANTED. */
static __always_inline __u32 place(const struct exchange_record *r)
{
	__u32 hash;

	if (controls.paused)
		return SPILL_PAUSED;
	if (!r->operations)
		return RECORD_WANTED; /* what later operations are is learned from it */
	if (controls.keep_none)
		return SPILL_SHED;
	if (names_statement(r) || r->flags & EXCHANGE_TO_HTTP2)
		return RECORD_WANTED;
	if ((always_errors && is_error(r)) || (always_slower_ns && is_slow(r)))
		return RECORD_WANTED;
	hash = sample_hash(r);
	if (hash >= sample_below)
		return SPILL_SAMPLED;
	if (hash >= controls.keep_below)
		return SPILL_SHED;
	if (rate_interval_ns && !take_token(&r->process))
		return SPILL_RATE_LIMITED;
	return RECORD_WANTED;
}

#endif
