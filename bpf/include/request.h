// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_REQUEST_H
#define SLOE_REQUEST_H

/* Bytes in the direction of requests. */

#include "answers.h"
#include "copy.h"
#include "exchange.h"
#include "heads.h"
#include "opaque.h"
#include "operations.h"
#include "pipeline.h"
#include "queue.h"
#include "../detect/tls.h"

/* Reads the new bytes behind those of the request that they go on with, if its prefix has room. */
static __always_inline void read_request_bytes(const struct io *io, struct conn *c, struct request_bytes *b)
{
	struct request *slot = b->held ? &c->next : &c->current;
	__u32 have = 0, got, want, head, room = controls.heads_only ? DETECT_ROOM : REQUEST_PREFIX;
	int payload;

	if (b->held || c->phase == PHASE_PARTIAL || c->phase == PHASE_REQUEST)
		have = slot->len;
	b->gap = false;
	b->unreadable = false;
	b->tls = false;
	b->response = false;
	b->detected = DETECT_NO;
	b->total = have;
	if (have >= room || (have && slot->flags & EXCHANGE_REQUEST_GAP)) {
		b->detected = slot->detected; /* what it was taken for it is */
		__builtin_memcpy(io->scratch->payload, slot->data, REQUEST_PREFIX);
		if (is_walked(c->protocol)) {
			count_untold(read_payload(io->scratch, PAYLOAD_REQUEST, 0, io->len)); /* where it is */
			read_operations(io, c, b, 0, 0);
		}
		return;
	}
	if (have)
		__builtin_memcpy(io->scratch->payload, slot->data, REQUEST_PREFIX);
	want = io->len < room - have ? io->len : room - have;
	payload = read_payload(io->scratch, room | PAYLOAD_REQUEST, have, io->len);
	count_untold(payload);
	got = payload & PAYLOAD_BYTES;
	b->gap = got < want;
	b->unreadable = !got && is_untold(payload);
	b->total = have + got;
	if (is_walked(c->protocol)) {
		read_operations(io, c, b, have, got);
		return;
	}
	if (c->role != ROLE_UNKNOWN) {
		head = request_head(io->scratch, b->total);
		b->protocol = c->protocol;
		b->detected = head & HEAD_DETECTED;
		b->pipelined = head & HEAD_PIPELINED;
		return;
	}
	head = any_head(io->scratch, b->total, have ? 0 : io->len, have + io->len, forced_of(c));
	b->pipelined = head & HEAD_PIPELINED;
	claim(io, c, b, head, have, got);
	if (b->detected == DETECT_NO) {
		/* where a port says something else it is none, and the answer to a turn that was counted is not missing besides */
		if (!forced_of(c) || (forced_of(c) & 1 << PROTOCOL_HTTP1 && !c->turns))
			b->response = response_head(io->scratch, 0, b->total) & DETECT_YES;
		b->tls = detect_tls_record(io->scratch->payload, b->total);
	}
}

static __always_inline void keep_request(struct request *slot, const struct io *io, const struct request_bytes *b)
{
	slot->last_ns = io->now;
	slot->bytes += io->len;
	slot->len = b->total;
	slot->detected = b->detected;
	slot->operations += b->protocol == PROTOCOL_HTTP1 ? !slot->operations : b->operations; /* one, whatever it is made of */
	slot->kinds |= walk_kinds_behind(b->kinds, slot->turns);
	slot->turns += b->turns;
	if (is_walked(b->protocol) && (slot->operations || slot->turns))
		slot->detected = DETECT_YES; /* the rest of it came alone */
	if (b->gap)
		slot->flags |= EXCHANGE_REQUEST_GAP;
	if (b->watch != WATCH_YES) /* of one that is left out too, when it is held behind a response */
		slot->flags |= EXCHANGE_UNDECIDED;
	else
		slot->flags &= ~EXCHANGE_UNDECIDED;
	copy_blocks(slot->data, io->scratch->payload, b->total, REQUEST_PREFIX);
}

/* Lock held. */
static __always_inline void start_request(const struct conn *c, struct request *slot, const struct io *io, const struct request_bytes *b)
{
	slot->start_ns = io->now;
	slot->queue_ns = 0;
	slot->bytes = 0;
	slot->flags = b->middle ? EXCHANGE_MIDDLE : 0;
	slot->operations = 0;
	slot->turns = 0;
	slot->kinds = 0;
	if (io->direction == DIRECTION_RECV && io->positions) {
		__u64 arrived = arrival_of(&c->arrivals, io->copied_seq - (__u32)io->len);

		if (arrived || b->unwaited)
			slot->flags |= EXCHANGE_QUEUE_KNOWN;
		if (arrived && arrived < io->now)
			slot->queue_ns = io->now - arrived;
	}
	slot->tid = io->task->pid;
	slot->tcp_seq = !io->positions || io->is_unix ? 0 :
		(io->direction == DIRECTION_RECV ? io->copied_seq : io->write_seq) - (__u32)io->len;
}

/* The response came before this hook: answer at once. Lock held. */
static __always_inline bool take_early_response(const struct io *io, struct conn *c)
{
	__u32 start = io->write_seq - (__u32)io->len;
	bool ours = (__s32)(c->early_write_seq - start) > 0;

	if (ours) {
		c->response_ns = c->response_last_ns = c->early_ns;
		c->response_bytes = c->early_bytes;
		c->response_len = c->early_len;
		c->status = c->early_status;
		c->response_ios = 1;
		c->response_flags = EXCHANGE_EARLY_RESPONSE;
		if (is_walked(c->protocol)) {
			c->ends = c->early_walked.turns;
			c->answered = c->early_walked.answered;
			c->failed = c->early_walked.failed;
			c->say = c->early_say;
			if (completes(c)) {
				c->response_flags |= EXCHANGE_COMPLETE;
				c->flags |= CONN_COMPLETE;
			}
		}
		/* the request was on its way when the answer came: its start is not later than that */
		c->current.start_ns = c->current.last_ns = c->early_ns;
	}
	c->early_ns = 0;
	return ours;
}

/* Bytes that are no request, of a connection that has had none. Returns whether it is given up. Lock held. */
static __always_inline bool is_hopeless(const struct io *io, struct conn *c, const struct request_bytes *b)
{
	bool midway = c->flags & CONN_MIDWAY, begins = begins_turn(c, io->direction), amid_body;

	c->flags |= io->direction == DIRECTION_SEND ? CONN_MISSED_SENT : CONN_MISSED_RECEIVED;
	if (b->unreadable)
		c->flags |= CONN_UNREADABLE;
	/* bytes that cannot be read tell no more, however many there are */
	amid_body = midway && !(c->flags & CONN_UNREADABLE);
	c->misses += amid_body && !begins ? 1 : MISS;
	if (b->tls) {
		/* where it may be the middle of something else that looks so, twice */
		if (!midway || c->flags & CONN_TLS)
			c->misses = MISSES_MIDWAY;
		c->flags |= CONN_TLS;
	}
	return c->misses >= (amid_body ? MISSES_MIDWAY : MISSES_FRESH);
}

/* Why a turn is not recognised that is not what its port says. */
static __always_inline __u32 missed_for(const struct request_bytes *b)
{
	if (b->tls)
		return UNMEASURED_OPAQUE_TLS;
	return b->unreadable ? UNMEASURED_UNREADABLE : UNMEASURED_UNRECOGNIZED;
}

/*
 * Whether what was missed before a connection's first request was the answer to an older
 * one, of protocols whose answers do not tell by themselves what they are.
 */
static __always_inline bool began_amid_answers(const struct io *io, const struct conn *c)
{
	__u32 answers = io->direction == DIRECTION_RECV ? CONN_MISSED_SENT : CONN_MISSED_RECEIVED;

	return is_walked(c->protocol) && c->flags & CONN_MIDWAY && c->flags & answers;
}

/*
 * Whether a request begins behind a response that waits for the connection's end: it was
 * sent before the peer's FIN, and is read only now. Lock held.
 */
static __always_inline bool follows_deferred(const struct conn *c, const struct request_bytes *b)
{
	if (!(c->flags & CONN_DEFERRED) || b->phase == PHASE_REQUEST)
		return false;
	return b->detected == DETECT_YES || (b->detected == DETECT_MORE && !is_unfinished(c));
}

/* Lock held. */
static __always_inline __u32 request_transition(const struct io *io, struct conn *c, const struct request_bytes *b)
{
	struct scratch *scratch = io->scratch;
	__u32 after = 0;

	if (b->walked)
		c->ask = scratch->pace;
	if (follows_deferred(c, b))
		after |= settle_deferred(c, scratch);
	if (b->held && (c->next.len || send_in_flight(io, c) || is_unfinished(c))) {
		if (!c->next.len) {
			if (is_unfinished(c) && b->detected != DETECT_YES) {
				c->current.bytes += io->len; /* such as the data of a COPY */
				c->current.turns += b->turns;
				return 0;
			}
			if (b->detected == DETECT_NO) {
				c->current.bytes += io->len; /* the rest of a body, read while an early answer goes out */
				return 0;
			}
			start_request(c, &c->next, io, b);
		}
		keep_request(&c->next, io, b);
		return after;
	}
	if (b->phase == PHASE_REQUEST || c->phase == PHASE_REQUEST) {
		if (c->phase == PHASE_REQUEST && !b->held) {
			c->current.last_ns = io->now;
			c->current.bytes += io->len;
			if (b->total > c->current.len) {
				c->current.len = b->total;
				__builtin_memcpy(c->current.data, scratch->payload, REQUEST_PREFIX);
			}
			if (b->gap)
				c->current.flags |= EXCHANGE_REQUEST_GAP;
			c->say.kinds |= walk_kinds_behind(b->kinds, c->current.turns - c->ends);
			c->current.operations += b->operations;
			c->current.turns += b->turns;
		}
		if (!b->held || c->phase == PHASE_REQUEST)
			return 0; /* the rest of a body, perhaps answered meanwhile */
	}
	if (b->opaque || (is_walked(c->protocol) && b->detected == DETECT_NO && c->ask.state == POSTGRESQL_STARTUP && c->protocol == PROTOCOL_POSTGRESQL)) {
		/* encrypted or compressed from here on */
		if (forced_of(c))
			c->turns = 0; /* those so far were counted */
		c->protocol = PROTOCOL_MUTED;
		c->likely_role = c->role;
		c->flags |= CONN_TLS;
		return after | AFTER_MUTED;
	}
	if (b->silent && (b->detected != DETECT_NO || b->mute)) {
		bool asks = (io->direction == DIRECTION_RECV) != b->greeting;

		c->role = asks ? ROLE_SERVER : ROLE_CLIENT;
		c->protocol = b->protocol;
		c->phase = PHASE_IDLE;
		c->process = io->process;
		c->flags |= CONN_COMPLETE;
		return 0;
	}
	if (b->detected == DETECT_NO) {
		if (c->phase == PHASE_PARTIAL)
			c->phase = PHASE_IDLE;
		if (c->role == ROLE_UNKNOWN && b->response)
			return AFTER_BOUNDARY;
		if (c->role != ROLE_UNKNOWN)
			return b->unreadable ? AFTER_UNREADABLE : 0;
		if (forced_of(c))
			return after | miss_forced(c, io->direction, b->tls);
		if (is_hopeless(io, c, b)) {
			c->protocol = PROTOCOL_MUTED;
			after |= AFTER_MUTED;
		}
		return after;
	}
	if (c->phase == PHASE_RESPONSE && c->flags & CONN_TAIL_DUE)
		after |= last_tail(&scratch->tail, c);
	if (b->watch == WATCH_NO) {
		unwatch(c, &io->process);
		return after;
	}
	if (c->phase != PHASE_PARTIAL)
		start_request(c, &c->current, io, b);
	keep_request(&c->current, io, b);
	c->partial_dir = io->direction;
	if (b->detected == DETECT_MORE) {
		c->phase = PHASE_PARTIAL;
		return after;
	}
	if (c->role == ROLE_UNKNOWN) {
		c->role = io->direction == DIRECTION_RECV ? ROLE_SERVER : ROLE_CLIENT;
		c->protocol = b->protocol;
		if (c->role == ROLE_SERVER)
			after |= AFTER_SERVED;
		if (began_amid_answers(io, c))
			after |= AFTER_BOUNDARY;
	}
	if (io->is_unix)
		unix_seen = true;
	c->process = io->process;
	c->verdict_generation = b->watch == WATCH_YES ? b->generation : 0;
	__builtin_memset(&c->say, 0, sizeof(c->say)); /* a response begins with a message */
	open_exchange(c);
	after |= AFTER_OPENED;
	if (c->role == ROLE_CLIENT && c->early_ns) {
		if (take_early_response(io, c)) {
			answer(c, &scratch->record);
			after |= AFTER_ANSWERED;
		} else if (!is_walked(c->protocol)) {
			after |= AFTER_BOUNDARY; /* the request that it belongs to was never seen */
		}
	}
	return after;
}

/* Whether the request is wanted. Once a connection, unless its process or the filter changes. */
static __always_inline void decide_request(struct sock *sk, __u8 role, const struct process_key *process,
					   const struct conn *c, struct request_bytes *b)
{
	b->generation = filter_generation;
	if (!b->generation || (c->verdict_generation == b->generation && same_process(&c->process, process)))
		return;
	b->watch = watch_of(process, service_port(sk, role));
}

static __always_inline void on_request_bytes(struct io *io, struct conn *c)
{
	struct request_bytes *b = &io->scratch->asked;
	__u32 after;
	bool unseen, broken = false, known = same_process(&c->process, &io->process);

	if (!known)
		tell_exchanges(c);
	__builtin_memset(b, 0, sizeof(*b));
	b->phase = c->phase;
	b->held = is_unfinished(c) || c->next.len ||
		  (c->role == ROLE_SERVER && (c->phase == PHASE_REQUEST || c->phase == PHASE_RESPONSE) && send_in_flight(io, c));

	if (c->role == ROLE_UNKNOWN && c->phase == PHASE_PARTIAL && c->partial_dir != io->direction) {
		/* the other side spoke before the request was whole: it was none */
		lock_conn(c);
		c->phase = PHASE_IDLE;
		broken = forced_of(c) && miss_forced(c, c->partial_dir, false);
		unlock_conn(c);
		b->phase = PHASE_IDLE;
	}
	read_request_bytes(io, c, b);
	if (c->role == ROLE_UNKNOWN && !forced_of(c))
		c->likely_role = role_of(io->sk);
	if (io->is_unix && io->direction == DIRECTION_RECV) {
		__u32 position = io->copied_seq - (__u32)io->len;

		b->unwaited = !arrival_of(&c->arrivals, position) && read_before_arrival(io->sk, position, io->now);
	}
	if (b->detected == DETECT_YES)
		decide_request(io->sk, io->direction == DIRECTION_RECV ? ROLE_SERVER : ROLE_CLIENT, &io->process, c, b);
	if ((b->pipelined || c->flags & CONN_PIPELINES) && b->protocol == PROTOCOL_HTTP1 && leaves_turns(io, c, b))
		return;
	lock_conn(c);
	unseen = !b->held && requests_unseen(io, c);
	after = request_transition(io, c, b);
	note_positions(io, c);
	unlock_conn(c);

	after = forget_ways(io->scratch, after);
	if (after & AFTER_TAIL)
		emit_tail(&io->scratch->tail);
	if (after & AFTER_MUTED) {
		count(COUNT_MUTED);
		on_given_up(io, c);
	}
	if (after & AFTER_BOUNDARY)
		on_boundary(io, c);
	if (after & AFTER_OPENED) {
		note_opened(io->scratch, c);
		if (!known || io->is_unix)
			know_process(&io->process, io->user, io->now);
		else if (++c->untold >= TOLD_AT_ONCE)
			tell_exchanges(c);
	}
	if (after & AFTER_SERVED)
		note_served(&io->process, io->sk->__sk_common.skc_num);
	if (after & AFTER_UNRECOGNIZED || broken)
		on_unrecognized(io, c, broken ? UNMEASURED_UNRECOGNIZED : missed_for(b));
	if (after & AFTER_UNREADABLE)
		count_unmeasured(&io->process, c->role, c->protocol, UNMEASURED_UNREADABLE, 1);
	if (unseen)
		count_unmeasured(&io->process, c->role, c->protocol, UNMEASURED_GAP, 1);
	if (b->mute)
		count_unmeasured(&io->process, c->role, c->protocol, UNMEASURED_MUTE, b->mute);
	if (after & AFTER_ANSWERED)
		send_kept_record(io->sk, io->scratch, c);
}

#endif
