// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CHUNK_H
#define SLOE_CHUNK_H

/*
 * Connections whose protocol multiplexes. Nothing is paired here: each I/O of
 * either direction is sent on, and user space tells the streams apart. That is
 * bounded, and what is not sent is a gap that its position tells.
 *
 * Bodies are not wanted, so that the payload of DATA frames is left out beyond its
 * beginning: a walk over the frames says where the next header stands. The
 * walk is of one direction, whose I/Os come one after the other: a program that
 * sends frames on one connection from two threads at once would mix them.
 */

#include "conn.h"
#include "emit.h"
#include "payload.h"
#include "queue.h"

#define CHUNK_STEPS 512   /* over buffers and pieces of one I/O, at most */
#define CHUNK_PIECES 32   /* of one I/O, at most: 64 KiB besides what is left out */
#define CHUNK_UNPROVEN 2  /* the same while it is not known where frames begin, so that a body is not sent whole */
#define CHUNK_DATA_KEPT 16 /* of the payload of a DATA frame that goes on beyond its piece: padding, and gRPC's prefix */

/* Sends scratch->chunk on, with the len bytes of its data. */
static __always_inline void emit_chunk(struct scratch *scratch, __u32 len, __u32 flags)
{
	struct chunk_record *r = &scratch->chunk;
	__u32 name_len = 0;

	if (len > CHUNK_DATA)
		len = CHUNK_DATA;
	if (scratch->unix_sk)
		name_len = socket_name((void *)scratch->unix_sk, r->role, r->data + len);
	barrier_var(name_len);
	name_len &= 127; /* at most SOCKET_NAME: the verifier forgot it */
	r->len = len;
	r->flags = flags;
	r->name_len = name_len;
	if (bpf_ringbuf_output(&records, r, offsetof(struct chunk_record, data) + len + name_len, wakeup_flags()))
		count(LOSS_CHUNK);
	else
		count(COUNT_CHUNKS);
}

/*
 * What follows is of plain memory, and in functions that the verifier looks at
 * once: it would look at a loop within a loop on every path through both.
 */
struct scratch_pointer {
	struct scratch *scratch;
};

static long walk_step(__u32 i, struct scratch_pointer *p)
{
	struct scratch *scratch = p->scratch;
	struct chunk_copy *s = &scratch->copy;
	struct http2_walk *w = &scratch->walk.frames;
	__u32 at = s->at, have = s->have, left = w->left, taken;

	if (at >= have)
		return 1;
	taken = have - at;
	barrier_var(at);
	at &= CHUNK_DATA - 1;
	taken = http2_step(w, scratch->chunk.data + at, taken);
	if (!taken) {
		http2_lose(w);
		s->lost = 1;
		return 1;
	}
	s->at += taken;
	if (!left)
		s->payload = s->at;
	return 0;
}

/* Walks over the bytes of a piece. */
__noinline int walk_piece(struct scratch *scratch)
{
	struct scratch_pointer p = {.scratch = scratch};

	if (!scratch)
		return 0;
	scratch->copy.at = 0;
	scratch->copy.payload = 0;
	scratch->copy.lost = 0;
	bpf_loop(CHUNK_DATA, walk_step, &p, 0);
	return 0;
}

/* Bytes that come next and are not wanted: those of a body. */
static __always_inline __u32 unwanted(const struct http2_walk *w)
{
	return w->proven >= HTTP2_PROVEN && w->type == HTTP2_DATA && !w->head_len ? w->left : 0;
}

static __always_inline __u32 boundary_of(const struct http2_walk *w)
{
	return w->proven >= HTTP2_PROVEN && !w->head_len ? w->left : BOUNDARY_UNKNOWN;
}

/* Sends a piece on. Returns whether it was the last that may be sent. */
__noinline int send_piece(struct scratch *scratch)
{
	struct http2_walk *w;
	struct chunk_record *r;
	struct chunk_copy *s;
	__u32 keep, skip, left, flags;
	bool cut;

	if (!scratch)
		return 1;
	w = &scratch->walk.frames;
	r = &scratch->chunk;
	s = &scratch->copy;
	left = w->left;
	cut = w->head_len;
	flags = s->flags;
	keep = s->have;
	r->boundary = boundary_of(w);
	if (!(flags & CHUNK_BEGINS) && !w->proven)
		http2_lose(w); /* in the middle of an I/O nothing says that a frame begins */
	else
		walk_piece(scratch);
	if (r->boundary == BOUNDARY_UNKNOWN && !cut && !s->lost && http2_is_proven(w, keep + s->left)) {
		w->proven = HTTP2_PROVEN;
		r->boundary = left;
	}
	skip = unwanted(w);
	if (skip && s->payload + CHUNK_DATA_KEPT < keep)
		keep = s->payload + CHUNK_DATA_KEPT;
	if (s->left <= skip)
		flags |= CHUNK_LAST;
	emit_chunk(scratch, keep, flags);
	r->position += s->have;
	s->have = 0;
	s->flags &= ~(CHUNK_BEGINS | CHUNK_FIRST);
	s->pieces++;
	return s->pieces >= (w->proven >= HTTP2_PROVEN ? CHUNK_PIECES : CHUNK_UNPROVEN);
}

/* Goes on to the end of a buffer, a piece, or what is not wanted. */
static long copy_step(__u32 i, struct scratch_pointer *p)
{
	struct scratch *scratch = p->scratch;
	struct chunk_record *r = &scratch->chunk;
	struct chunk_copy *s = &scratch->copy;
	__u32 have = s->have, skip, full = 0;
	__u64 n;

	if (!s->left)
		return 1;
	if (!s->segment_left) {
		struct user_iovec v;

		if (s->iovec >= s->iovec_count || read_iovec(&v, s->iovecs, s->iovec, s->compat))
			return 1;
		s->iovec++;
		s->segment = v.base;
		s->segment_left = v.len;
		return 0;
	}
	n = s->segment_left < s->left ? s->segment_left : s->left;
	skip = have ? 0 : unwanted(&scratch->walk.frames);
	if (skip) {
		if (n > skip)
			n = skip;
		scratch->walk.frames.left -= n;
		r->position += n;
		s->flags &= ~CHUNK_BEGINS;
	} else {
		if (have >= CHUNK_DATA)
			return 1;
		if (n > CHUNK_DATA - have)
			n = CHUNK_DATA - have;
		/* have + n <= CHUNK_DATA; the masks say it to the verifier, who forgets the sum: data has the room */
		barrier_var(n);
		barrier_var(have);
		n &= 2 * CHUNK_DATA - 1;
		if (n > CHUNK_DATA)
			return 1;
		have &= CHUNK_DATA - 1;
		if (bpf_probe_read_user(r->data + have, n, (void *)s->segment))
			return 1;
		s->have = have + n;
	}
	s->segment += n;
	s->segment_left -= n;
	s->left -= n;
	if (s->have && (s->have == CHUNK_DATA || !s->left))
		full = send_piece(scratch);
	barrier_var(full); /* the compiler knows what it returns, the verifier does not */
	return full != 0;
}

/* Bytes that nobody saw, up to the end of the I/O. */
static __always_inline void tell_unseen(struct scratch *scratch, __u32 left, __u32 flags)
{
	http2_miss(&scratch->walk.frames, left);
	scratch->chunk.position = scratch->chunk.end;
	scratch->chunk.boundary = boundary_of(&scratch->walk.frames);
	emit_chunk(scratch, 0, flags | CHUNK_LAST);
}

/*
 * Sends the bytes of the current I/O on, with the header in scratch->chunk and from
 * scratch->walk on. A global function of plain memory, as read_payload.
 */
__noinline int send_chunks(struct scratch *scratch, __u32 len, __u32 flags)
{
	struct scratch_pointer p = {.scratch = scratch};
	struct io_buffer *b;
	struct chunk_copy *s;
	struct http2_walk *w;
	int located;

	if (!scratch || !len)
		return 0;
	w = &scratch->walk.frames;
	if (unwanted(w) >= len) {
		/* in the middle of a body. Its end is told for its time. */
		w->left -= len;
		if (!w->left)
			tell_unseen(scratch, 0, flags);
		return 0;
	}
	located = locate(scratch);
	if (located != LOCATED) {
		count_untold(located << PAYLOAD_LOCATED_SHIFT);
		tell_unseen(scratch, len, flags | CHUNK_NO_PAYLOAD);
		return 0;
	}
	b = &scratch->buffer;
	s = &scratch->copy;
	s->left = len;
	s->have = 0;
	s->pieces = 0;
	s->flags = flags | CHUNK_BEGINS;
	s->iovecs = b->iovecs;
	s->compat = b->compat;
	s->iovec_count = b->iovecs ? b->iovec_count : 0;
	s->iovec = 1;
	s->segment = b->base;
	s->segment_left = b->len;
	bpf_loop(CHUNK_STEPS, copy_step, &p, 0);
	if (s->have) /* what was copied before it could not be gone on with */
		send_piece(scratch);
	if (s->left) {
		if (s->left <= unwanted(w)) { /* the end of the I/O is that of what is not wanted, and was told */
			w->left -= s->left;
			return 0;
		}
		count(LOSS_CHUNK_CUT);
		tell_unseen(scratch, s->left, flags);
	} else if (!s->pieces) {
		tell_unseen(scratch, 0, flags); /* all of it was not wanted */
	}
	return 0;
}

/* The same walk over the first bytes of an I/O in scratch->payload, on the way to what they prove. */
static long claim_step(__u32 i, struct scratch_pointer *p)
{
	struct scratch *scratch = p->scratch;
	struct chunk_copy *s = &scratch->copy;
	__u32 at = s->at, have = s->have, taken;

	if (at >= have)
		return 1;
	taken = have - at;
	barrier_var(at);
	at &= RESPONSE_PREFIX - 1;
	taken = http2_step(&scratch->walk.frames, scratch->payload + at, taken);
	if (!taken) {
		s->lost = 1;
		return 1;
	}
	s->at += taken;
	return 0;
}

/*
 * Whether the current I/O of len bytes is one of HTTP/2: enum http2_claim. Goes on
 * with scratch->walk, and leaves it where the claim was made: before the I/O.
 */
__noinline int claim_chunks(struct scratch *scratch, __u32 len, __u32 fresh)
{
	struct scratch_pointer p = {.scratch = scratch};
	struct http2_walk before, *w;
	struct chunk_copy *s;

	if (!scratch)
		return HTTP2_CLAIM_NONE;
	w = &scratch->walk.frames;
	s = &scratch->copy;
	s->at = 0;
	s->lost = 0;
	s->have = read_payload(scratch, RESPONSE_PREFIX, 0, len) & PAYLOAD_BYTES;
	if (!s->have) {
		http2_miss(w, len);
		return HTTP2_CLAIM_NONE;
	}
	if (http2_claim_client(scratch->payload, s->have)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_CLIENT;
	}
	if (fresh && http2_claim_server(scratch->payload, s->have)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_SERVER;
	}
	before = *w;
	bpf_loop(RESPONSE_PREFIX, claim_step, &p, 0);
	if (!s->lost && s->have < len) {
		if (len - s->have > w->left || w->head_len)
			s->lost = w->proven < HTTP2_PROVEN;
		else
			w->left -= len - s->have;
	}
	if (!s->lost && http2_is_proven(w, len)) {
		*w = before;
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_MIDWAY;
	}
	if (http2_is_lone_headers(scratch->payload, s->have, len)) {
		http2_lose(w);
		w->proven = HTTP2_PROVEN;
		return HTTP2_CLAIM_MIDWAY;
	}
	if (s->lost)
		http2_lose(w);
	return HTTP2_CLAIM_NONE;
}

/* Decides whether the process of a connection in chunk mode is watched. */
static __always_inline __u8 watch_chunks(struct io *io, struct conn *c)
{
	__u8 watch = WATCH_YES;

	if (!filter_generation || (c->verdict_generation == filter_generation && same_process(&c->process, &io->process)))
		return watch;
	/* of a connection that was joined midway the server's port is not known: user space decides */
	if (c->role != ROLE_UNKNOWN)
		watch = watch_of(&io->process, service_port(io->sk, c->role));
	else
		watch = WATCH_UNDECIDED;
	if (watch == WATCH_YES)
		c->verdict_generation = filter_generation;
	return watch;
}

/* Whether a connection that was not decided yet turns out to be one of chunks. */
static __always_inline bool turns_to_chunks(struct io *io, struct conn *c)
{
	__u32 direction = io->direction & 1, claim;

	if (!take_chunks || c->protocol != PROTOCOL_UNDECIDED || c->role != ROLE_UNKNOWN)
		return false;
	io->scratch->walk = c->walks[direction];
	claim = claim_chunks(io->scratch, io->len, !(c->flags & CONN_MIDWAY) && !c->misses);
	bpf_spin_lock(&c->lock);
	c->walks[direction].frames = io->scratch->walk.frames;
	if (claim) {
		c->protocol = PROTOCOL_HTTP2;
		c->phase = PHASE_IDLE;
		if (claim != HTTP2_CLAIM_MIDWAY) {
			/* a connection that was HTTP/1 before may have been answered already */
			if (!c->sequence)
				c->flags |= CONN_FROM_START;
			c->role = (claim == HTTP2_CLAIM_CLIENT) == (direction == DIRECTION_RECV) ? ROLE_SERVER : ROLE_CLIENT;
			/* the other side begins with a frame */
			http2_lose(&c->walks[!direction].frames);
			c->walks[!direction].frames.proven = HTTP2_PROVEN;
		}
	}
	bpf_spin_unlock(&c->lock);
	return claim != HTTP2_CLAIM_NONE;
}

static __always_inline void fill_chunk(struct chunk_record *r, struct sock *sk, struct scratch *scratch, const struct conn *c)
{
	r->kind = RECORD_CHUNK;
	r->role = c->role;
	r->protocol = c->protocol;
	r->conn = c->cookie;
	r->process = c->process;
	scratch->unix_sk = sk->__sk_common.skc_family == AF_UNIX ? (__u64)sk : 0;
	read_addresses(sk, &r->family, &r->local_port, &r->remote_port, r->local_addr, r->remote_addr);
}

/* Where the I/O begins. Where the kernel keeps no positions the hooks count. */
static __always_inline __u32 chunk_position(const struct io *io, const struct chunk_walk *walk)
{
	__u32 position = (io->direction == DIRECTION_RECV ? io->copied_seq : io->write_seq) - (__u32)io->len;

	if (!io->plain && !io->is_unix) /* MPTCP has none, and those of kTLS count what is encrypted */
		return walk->next;
	if (walk->started && position - walk->next == 1 && io->direction == DIRECTION_RECV && io->sk->sk_shutdown & RCV_SHUTDOWN)
		return walk->next; /* it read the end of the stream too, which has a number of its own */
	return position;
}

/* Returns whether the I/O is one of a connection in chunk mode: then it is dealt with. */
static __always_inline bool on_chunk(struct io *io, struct conn *c)
{
	struct scratch *scratch = io->scratch;
	struct chunk_record *r = &scratch->chunk;
	__u32 direction = io->direction & 1, flags = 0;
	__u64 arrived = 0;
	bool known;
	__u8 watch;

	if (c->protocol != PROTOCOL_HTTP2 && !turns_to_chunks(io, c))
		return false;
	process_key_of(io->task, &io->process);
	known = same_process(&c->process, &io->process);
	watch = watch_chunks(io, c);
	scratch->walk = c->walks[direction];
	r->direction = direction;
	r->position = chunk_position(io, &scratch->walk);
	r->end = r->position + (__u32)io->len;
	r->tid = io->task->pid;
	r->time_ns = io->now;
	r->queue_ns = 0;
	if (scratch->walk.started)
		http2_miss(&scratch->walk.frames, r->position - scratch->walk.next);
	else
		flags |= CHUNK_FIRST;
	bpf_spin_lock(&c->lock);
	c->process = io->process;
	if (c->flags & CONN_FROM_START)
		flags |= CHUNK_FROM_START;
	if (direction == DIRECTION_RECV && io->positions) {
		arrived = arrival_of(&c->arrivals, r->position);
		if (arrived != arrival_of(&c->arrivals, r->end - 1) || arrived > io->now)
			arrived = 0; /* of some of the bytes, and user space does not know of which */
	}
	note_positions(io, c);
	if (watch == WATCH_NO)
		unwatch(c, &io->process);
	bpf_spin_unlock(&c->lock);
	if (watch == WATCH_NO)
		return true;
	if (io->is_unix)
		unix_seen = true;
	if (arrived) {
		r->queue_ns = io->now - arrived;
		flags |= CHUNK_QUEUE_KNOWN;
	}
	if (!known)
		know_process(&io->process, io->user, io->now);
	fill_chunk(r, io->sk, scratch, c);
	scratch->walk.started = 1;
	scratch->walk.next = r->end;
	send_chunks(scratch, io->len, flags);
	c->walks[direction] = scratch->walk;
	return true;
}

/* Says once that the connection ended. */
static __always_inline void end_chunks(struct sock *sk, struct conn *c, __u32 user, bool by_peer)
{
	struct scratch *scratch = scratch_of(user);
	struct chunk_record *r;
	bool told;

	if (!scratch)
		return;
	r = &scratch->chunk;
	bpf_spin_lock(&c->lock);
	told = c->flags & CONN_END_TOLD;
	c->flags |= CONN_END_TOLD;
	bpf_spin_unlock(&c->lock);
	if (told)
		return;
	fill_chunk(r, sk, scratch, c);
	r->direction = DIRECTION_RECV;
	r->position = c->walks[DIRECTION_RECV].next;
	r->end = c->walks[DIRECTION_SEND].next;
	r->boundary = BOUNDARY_UNKNOWN;
	r->tid = 0;
	r->time_ns = bpf_ktime_get_ns();
	r->queue_ns = 0;
	emit_chunk(scratch, 0, CHUNK_CLOSED | (by_peer ? CHUNK_BY_PEER : 0));
}

/* The state of a socket in chunk mode changes: who closes first decides who ended the streams that are open. */
static __always_inline void on_chunk_state(struct sock *sk, struct conn *c, int new_state)
{
	bpf_spin_lock(&c->lock);
	switch (new_state) {
	case TCP_CLOSE_WAIT:
		c->flags |= CONN_PEER_CLOSED;
		break;
	case TCP_CLOSE:
		if (sk->sk_err && !(c->flags & CONN_SELF_CLOSED))
			c->flags |= CONN_RESET;
		break;
	case TCP_FIN_WAIT1:
		c->flags |= CONN_SELF_CLOSED;
		break;
	}
	bpf_spin_unlock(&c->lock);
}

#endif
