// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_EMIT_H
#define SLOE_EMIT_H

/* The one decision about an ended exchange: delivered in a record, or spilled into the aggregates. */

#include "copy.h"
#include "kernel.h"
#include "maps.h"
#include "sample.h"
#include "openlong.h"
#include "unmeasured.h"
#include "walk.h"

#define RECORDS_A_LOOK 8 /* of a program on a CPU, between looks at how full the ring is; a power of two */

static __always_inline __u64 wakeup_flags(void)
{
	/* batched wake-ups: the reader has a deadline of its own for what is less */
	return bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) >= wakeup_bytes ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
}

/* The same where it is asked for every request: a look takes 20 ns. */
static __always_inline __u64 wakeup_flags_often(struct scratch *scratch)
{
	return ++scratch->records & (RECORDS_A_LOOK - 1) ? BPF_RB_NO_WAKEUP : wakeup_flags();
}

static __always_inline __u32 latency_bucket(__u64 ns)
{
	__u32 i;

	for (i = 0; i < MAX_LATENCY_EDGES; i++)
		if (i >= latency_edge_count || ns <= latency_edges[i])
			break;
	return i;
}

static __always_inline void add_to_bucket(__u32 *buckets, __u64 ns, __u32 n)
{
	__u32 bucket = latency_bucket(ns);

	if (bucket < LATENCY_BUCKETS)
		__sync_fetch_and_add(&buckets[bucket], n);
}

/* Counts n operations of an exchange. */
static __always_inline void add_to_aggregate(const struct aggregate_key *key, const struct exchange_record *r, __u32 n)
{
	__u64 ns = r->end_ns > r->start_ns ? r->end_ns - r->start_ns : 0;
	struct aggregate *a = bpf_map_lookup_elem(&aggregates, key);
	__u32 zero = 0;

	if (!a) {
		struct aggregate *fresh = bpf_map_lookup_elem(&aggregate_zero, &zero);

		if (!fresh)
			return;
		bpf_map_update_elem(&aggregates, key, fresh, BPF_NOEXIST);
		a = bpf_map_lookup_elem(&aggregates, key);
	}
	if (!a) {
		/* the map is full: the totals stay exact under keys without a process, inserted at load */
		struct aggregate_key anonymous = *key;

		__builtin_memset(&anonymous.process, 0, sizeof(anonymous.process));
		anonymous.port = 0;
		anonymous.waits = 0;
		count(LOSS_AGGREGATES_FULL);
		count_unmeasured(&key->process, key->role, key->protocol, UNMEASURED_ANONYMOUS, 1);
		a = bpf_map_lookup_elem(&aggregates, &anonymous);
		if (!a) {
			count(LOSS_UNCOUNTED); /* a kind of exchange for which none was inserted */
			return;
		}
	}
	/* atomic: the end-of-connection hooks spill from softirq */
	__sync_fetch_and_add(&a->count, n);
	__sync_fetch_and_add(&a->sum_ns, ns * n);
	add_to_bucket(a->buckets, ns, n);
	if (!(r->flags & EXCHANGE_QUEUE_KNOWN)) {
		__sync_fetch_and_add(&a->queue_unknown, n);
	} else {
		__sync_fetch_and_add(&a->queue_sum_ns, r->queue_ns * n);
		__sync_fetch_and_add(&a->felt_sum_ns, (r->queue_ns + ns) * n);
		add_to_bucket(a->queue, r->queue_ns, n);
		add_to_bucket(a->felt, r->queue_ns + ns, n);
	}
}

/* How many operations of an answered exchange are of a class. Those that are not answered yet are of none. */
static __always_inline __u32 operations_of(const struct exchange_record *r, __u8 class)
{
	__u32 failed = r->failed < r->operations ? r->failed : r->operations, ok = r->answered - r->failed;

	if (ok > r->operations - failed)
		ok = r->operations - failed;
	if (class == CLASS_FAILED)
		return failed;
	return class == CLASS_OK ? ok : r->operations - failed - ok;
}

static long search_block(__u32 i, struct walk_context *context)
{
	const __u8 *p = context->scratch->record.data + (i & (REQUEST_PREFIX - 1));

	if (i + 8 > context->scratch->record.request_len)
		return 1;
	if (!detect_redis_block(p))
		return 0;
	context->found = true;
	return 1;
}

/* Whether the first operation of scratch->record waits for others by its nature: its duration says nothing of the server. */
static __always_inline bool waits_for_others(struct scratch *scratch, __u32 start)
{
	struct walk_context context = {scratch};

	if (scratch->record.protocol == PROTOCOL_HTTP1)
		return scratch->record.outcome == OUTCOME_ANSWERED && is_open_for_long(scratch, start);
	if (scratch->record.protocol != PROTOCOL_REDIS)
		return false;
	switch (detect_redis_waiting(scratch->record.data)) {
	case REDIS_WAITS:
		return true;
	case REDIS_WAITS_IF_TOLD:
		bpf_loop(REQUEST_PREFIX, search_block, &context, 0);
	}
	return context.found;
}

/* Counts scratch->record in the aggregates, with the response's prefix in scratch->payload at start. A global function: the verifier looks at it once. */
__noinline int spill(struct scratch *scratch, __u32 reason, __u32 start)
{
	const struct exchange_record *r;
	struct aggregate_key key = {};

	if (!scratch)
		return 0;
	r = &scratch->record;
	key.process = r->process;
	key.role = r->role;
	key.protocol = r->protocol;
	key.outcome = r->outcome;

	if (r->flags & EXCHANGE_UNDECIDED) {
		key.undecided = 1;
		key.port = r->role == ROLE_SERVER ? r->local_port : r->remote_port;
	}
	key.waits = waits_for_others(scratch, start);
	if (!r->operations) {
		/* an aside: there is nothing to count */
	} else if (r->outcome == OUTCOME_ANSWERED && is_walked(r->protocol)) {
		__u8 class;

		for (class = CLASS_FAILED; class >= CLASS_OK; class--) {
			key.status_class = class;
			if (operations_of(r, class))
				add_to_aggregate(&key, r, operations_of(r, class));
		}
		key.status_class = 0;
		if (operations_of(r, 0))
			add_to_aggregate(&key, r, operations_of(r, 0));
	} else {
		if (r->outcome == OUTCOME_ANSWERED && r->status >= 100)
			key.status_class = r->status < 600 ? r->status / 100 : 5; /* RFC 9110, section 15: invalid, taken as 5xx */
		add_to_aggregate(&key, r, r->operations);
	}
	reason += COUNT_SPILLED;
	barrier_var(reason);
	count_often(scratch, reason & 31); /* the mask says to the verifier what it forgot at the call */
	return 0;
}

/*
 * Copies the name of the server's Unix socket; returns how long it is. Seldom called, and
 * with a stack of its own, of which emit_exchange's callers have little left.
 */
static __noinline __u32 socket_name(const struct unix_sock *u, __u8 role, void *to)
{
	struct unix_address *address;
	long n;

	if (role == ROLE_CLIENT) /* its own socket has no name, or one of no interest */
		u = (struct unix_sock *)BPF_CORE_READ(u, peer);
	address = BPF_CORE_READ(u, addr);
	if (!address)
		return 0;
	n = BPF_CORE_READ(address, len) - (long)sizeof(__u16); /* without the family */
	if (n <= 0 || n > SOCKET_NAME)
		return 0;
	if (bpf_probe_read_kernel(to, SOCKET_NAME, (void *)address + bpf_core_field_offset(address->name) + sizeof(__u16)))
		return 0;
	return n;
}

/*
 * Sends or spills scratch->record, and returns whether it was sent. It is sent
 * with the request's prefix, which is in its data already, and the response's
 * from scratch->payload at start. A global function: the verifier looks at it
 * once.
 */
__noinline int emit_exchange(struct scratch *scratch, __u32 start)
{
	struct exchange_record *r;
	__u32 request_len, response_len, name_len = 0, reason;

	if (!scratch)
		return 0;
	r = &scratch->record;
	request_len = r->request_len;
	response_len = r->response_len;
	if (request_len > REQUEST_PREFIX)
		request_len = REQUEST_PREFIX;
	if (response_len > RESPONSE_PREFIX)
		response_len = RESPONSE_PREFIX;
	start &= RESPONSE_PREFIX - 1;
	if (r->outcome == OUTCOME_ANSWERED)
		count_often(scratch, COUNT_ANSWERED);
	else if (r->outcome == OUTCOME_ABORTED_BY_SERVER)
		count_often(scratch, COUNT_ABORTED_BY_SERVER);
	else
		count_often(scratch, COUNT_ABORTED_BY_CLIENT);
	if (scratch->unix_sk)
		count_unix(&r->process, r->role, r->protocol, true);
	reason = place(r);
	if (reason != RECORD_WANTED) {
		spill(scratch, reason, start);
		return 0;
	}
	copy_response(r->data + request_len, scratch->payload, start, response_len);
	if (scratch->unix_sk)
		name_len = socket_name((void *)scratch->unix_sk, r->role, r->data + request_len + response_len);
	barrier_var(name_len);
	name_len &= 127; /* at most SOCKET_NAME: the verifier forgot it */
	r->name_len = name_len;
	if (bpf_ringbuf_output(&records, r, offsetof(struct exchange_record, data) + request_len + response_len + name_len,
				wakeup_flags_often(scratch))) {
		spill(scratch, SPILL_RING_FULL, start);
		return 0;
	}
	count_often(scratch, COUNT_DELIVERED);
	return 1;
}

static __always_inline void emit_tail(struct tail_record *t)
{
	if (bpf_ringbuf_output(&records, t, sizeof(*t), wakeup_flags()))
		count(LOSS_TAIL);
}

#endif
