// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CHUNK_H
#define SLOE_CHUNK_H

/*
 * Connections whose protocol multiplexes. Nothing is paired here: each I/O of
 * either direction is sent on, and user space tells the streams apart. That is
 * bounded, and what is not sent is a gap that its position tells.
 *
 * The walk over the frames is of one direction, whose I/Os come one after the other:
 * a program that sends frames on one connection from two threads at once would mix them.
 */

#include "claim.h"
#include "conn.h"
#include "pieces.h"
#include "queue.h"

static __always_inline void fill_chunk(struct chunk_record *r, struct sock *sk, struct scratch *scratch, const struct conn *c)
{
	r->kind = RECORD_CHUNK;
	r->role = c->role;
	r->protocol = c->protocol;
	r->conn = c->cookie;
	r->process = c->process;
	scratch->unix_sk = c->endpoints.family == AF_UNIX ? (__u64)sk : 0;
	say_endpoints(c, &r->family, &r->local_port, &r->remote_port, r->local_addr);
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

	if (!is_chunked(c->protocol) && !turns_to_chunks(io, c))
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
	lock_conn(c);
	c->process = io->process;
	if (c->flags & CONN_FROM_START)
		flags |= CHUNK_FROM_START;
	/* a client's first response may have come before it was known to be one */
	if (direction == DIRECTION_RECV && io->positions && c->role != ROLE_CLIENT) {
		arrived = arrival_of(&c->arrivals, r->position);
		if (arrived != arrival_of(&c->arrivals, r->end - 1))
			arrived = 0; /* of some of the bytes, and user space does not know of which */
	}
	note_positions(io, c);
	if (watch == WATCH_NO)
		unwatch(c, &io->process);
	unlock_conn(c);
	if (watch == WATCH_NO)
		return true;
	if (io->is_unix)
		unix_seen = true;
	if (arrived) {
		r->queue_ns = arrived < io->now ? io->now - arrived : 0;
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

#endif
