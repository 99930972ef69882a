// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_IO_H
#define SLOE_IO_H

/* One socket I/O, and where its bytes belong. */

#include "chunkend.h"
#include "leftout.h"
#include "quic.h"
#include "request.h"
#include "response.h"
#include "tail.h"
#include "turn.h"
#include "unix.h"
#include "unseen.h"

static __always_inline bool is_request_direction(const struct io *io, const struct conn *c)
{
	if (c->role == ROLE_UNKNOWN) /* a response may be seen before its request; anything else may be a request */
		return !(io->direction == DIRECTION_RECV && send_in_flight(io, c));
	return (c->role == ROLE_SERVER) == (io->direction == DIRECTION_RECV);
}

/*
 * The connection is left to another protocol by a response of its own I/O: nothing of
 * interest follows. The receiver is told that it has all of what was HTTP.
 */
static __always_inline void leave_pipelined(struct io *io, struct conn *c)
{
	struct scratch *scratch = io->scratch;

	if (c->protocol != PROTOCOL_PIPELINED || is_request_direction(io, c) || scratch->copy.pieces != 1)
		return;
	if (detect_http1_response(scratch->chunk.data, scratch->chunk.len) != DETECT_YES || detect_http1_status(scratch->chunk.data) != 101)
		return;
	end_chunks(io->sk, c, io->user, false);
	lock_conn(c);
	c->protocol = PROTOCOL_MUTED;
	unlock_conn(c);
}

/* An I/O of a socket that has no room for a connection's state: a request is known by its first bytes alone. */
static __always_inline void on_no_storage(struct io *io)
{
	__u8 role = io->direction == DIRECTION_RECV ? ROLE_SERVER : ROLE_CLIENT;

	if (!begins_request(io))
		return;
	process_key_of(io->task, &io->process);
	if (is_unwanted(io->sk, role, &io->process))
		return;
	meet_process(&io->process, io->user, io->now);
	count_unmeasured(&io->process, role, PROTOCOL_HTTP1, UNMEASURED_STORAGE, 1);
}

/*
 * Takes what depends on the kind of socket by way of memory: the verifier is to look once
 * at what follows, and not once for each kind.
 */
static __always_inline void forget_kind(struct io *io)
{
	__u32 kind = io->positions | io->plain << 1 | io->is_unix << 2;

	IN_MEMORY(io->scratch->kind) = kind;
	IN_MEMORY(io->scratch->write_seq) = io->write_seq;
	IN_MEMORY(io->scratch->copied_seq) = io->copied_seq;
	kind = IN_MEMORY(io->scratch->kind);
	io->positions = kind & 1;
	io->plain = kind >> 1 & 1;
	io->is_unix = kind >> 2 & 1;
	io->write_seq = IN_MEMORY(io->scratch->write_seq);
	io->copied_seq = IN_MEMORY(io->scratch->copied_seq);
}

/* An I/O of a stream that moved ret bytes. */
static __always_inline void on_stream_io(struct sock *sk, struct conn *c, bool is_unix, int ret, int flags, __u32 direction, __u32 user)
{
	struct io io = {.sk = sk, .is_unix = is_unix, .direction = direction, .user = user};
	struct tcp_sock *tp;

	io.task = bpf_get_current_task_btf();
	if ((__u32)io.task->tgid == self_tgid) {
		if (clock_cookie && direction == DIRECTION_RECV && !is_unix)
			learn_clock(sk);
		return;
	}
	if (c && is_passed_over(io.task, sk, c)) {
		if (c->flags & CONN_OPAQUE)
			on_opaque_io(c, direction);
		return;
	}
	io.scratch = scratch_of(user);
	if (!io.scratch)
		return;
	/* truncation takes bytes off the stream without copying them */
	io.scratch->task = (__u64)io.task;
	io.scratch->file = direction == DIRECTION_RECV && flags & MSG_TRUNC ? BUFFER_EMPTY : file_of(sk);
	io.len = ret;
	io.now = bpf_ktime_get_ns();
	tp = io.is_unix ? NULL : tcp_stream_of(sk);
	if (tp) {
		io.write_seq = tp->write_seq;
		io.copied_seq = tp->copied_seq;
		io.positions = true;
		io.plain = !tp->inet_conn.icsk_ulp_ops;
	} else if (io.is_unix) {
		unix_positions(&io, c);
	}
	forget_kind(&io);
	if (!c || !(c->flags & CONN_MADE)) {
		c = make_conn(&io);
		if (!c) {
			on_no_storage(&io);
			return;
		}
		note_forced(&io, c);
		if (is_left_out(c))
			return;
	}
	if (on_chunk(&io, c)) {
		leave_pipelined(&io, c);
		return;
	}
	on_unseen(&io, c);
	if (forced_of(c) && c->role == ROLE_UNKNOWN && !is_request_direction(&io, c) && on_overtaken(&io, c))
		return;
	if (is_request_direction(&io, c)) {
		process_key_of(io.task, &io.process);
		on_request_bytes(&io, c);
	} else if (c->phase == PHASE_RESPONSE && !(direction == DIRECTION_RECV && send_in_flight(&io, c))) {
		if (is_walked(c->protocol))
			on_walked_tail(&io, c);
		else
			on_tail_bytes(&io, c);
	} else {
		on_response_bytes(&io, c);
	}
	if (is_chunked(c->protocol))
		on_chunk(&io, c); /* from here on: requests that were pipelined, or what stands behind the head of an upgrade */
}

static __always_inline void on_io(struct sock *sk, int ret, int flags, __u32 direction, __u32 user)
{
	bool is_unix = is_unix_stream(sk);
	struct conn *c;

	if (!is_unix && !is_inet_stream(sk)) {
		if (sk->sk_protocol == IPPROTO_UDP && direction == DIRECTION_RECV && ret >= DETECT_QUIC_LEAST)
			on_datagram(sk, ret, flags, user);
		return;
	}
	if (ret <= 0) {
		if (is_unix && !(flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB)))
			on_unix_end(sk, ret, direction, user);
		return;
	}
	/* a peek consumes nothing; the error queue and urgent data are not the stream */
	if (direction == DIRECTION_RECV && flags & (MSG_PEEK | MSG_ERRQUEUE))
		return;
	if (flags & MSG_OOB)
		return;
	c = bpf_sk_storage_get(&connections, sk, NULL, 0);
	if (c && !is_unix && !(flags & MSG_TRUNC) && on_usual_io(sk, c, ret, direction, user))
		return;
	on_stream_io(sk, c, is_unix, ret, flags, direction, user);
}

#endif
