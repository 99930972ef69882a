// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_PIECES_H
#define SLOE_PIECES_H

/*
 * An I/O of a connection in chunk mode is sent on in pieces, each a record of its own.
 * Bodies are not wanted, so that the payload of DATA frames is left out beyond its
 * beginning: a walk over the frames says where the next header stands.
 */

#include "emit.h"
#include "payload.h"

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
		count_often(scratch, COUNT_CHUNKS);
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
	if (r->protocol == PROTOCOL_PIPELINED)
		cut = true; /* there are no frames to tell of */
	else if (!(flags & CHUNK_BEGINS) && !w->proven)
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
	return s->pieces >= (w->proven >= HTTP2_PROVEN || r->protocol == PROTOCOL_PIPELINED ? CHUNK_PIECES : CHUNK_UNPROVEN);
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

#endif
