// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_TURN_H
#define SLOE_TURN_H

/*
 * The turn as it mostly is, in a short way: a request of HTTP/1 in one buffer on a TCP
 * connection whose last turn is over, and its response. What it finds otherwise it leaves
 * to the transitions of all others (request.h, response.h), of which it is a shortening: it
 * does nothing that they would not do, and has changed nothing by then that they need.
 *
 * The connection's lock is held while user memory is read, which the kernel's does not
 * allow: where that is used there is no short way.
 */

#include "emit.h"
#include "exchange.h"
#include "payload.h"
#include "queue.h"
#include "request.h"
#include "response.h"

/* What makes a connection's turn an unusual one. */
#define CONN_UNUSUAL (CONN_DEFERRED | CONN_TAIL_DUE | CONN_PIPELINES)

/* Where the bytes of a plain read or write are. */
struct plain_call {
	struct task_struct *task;
	__u64 base;
	__u64 len;
};

/* Returns whether the current system call is a plain read or write of a socket. */
static __always_inline bool plain_call_of(struct sock *sk, struct plain_call *call)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs;
	__u32 number;

	call->task = task;
	if (task->flags & (PF_KTHREAD | PF_USER_WORKER | PF_IO_WORKER) || IN_COMPAT_CALL(&task->thread_info))
		return false;
	regs = registers_of(task);
	number = SYSCALL_NUMBER(regs);
	if (number != SYSCALL_READ && number != SYSCALL_WRITE && number != SYSCALL_SENDTO && number != SYSCALL_RECVFROM)
		return false;
	call->base = SYSCALL_ARG2(regs);
	call->len = SYSCALL_ARG3(regs);
	return names_file(task, file_of(sk), SYSCALL_ARG1(regs));
}

/* Reads the beginning of an I/O of len bytes, room at most. Returns how many. */
static __always_inline __u32 read_begin(__u8 *to, __u32 room, const struct plain_call *call, __u32 len)
{
	__u64 n = len < call->len ? len : call->len;

	if (n > room)
		n = room;
	barrier_var(n);
	n &= 2 * room - 1;
	if (n > room || bpf_probe_read_user(to, n, (void *)call->base))
		return 0;
	return n;
}

/*
 * Takes the lock, if it is free and the connection is in a phase, with nothing unusual about
 * it. What was seen of it before may have changed: the hook of the other direction runs on
 * another processor.
 */
static __always_inline bool lock_usual(struct conn *c, __u8 phase)
{
	if (__sync_lock_test_and_set(&c->held, 1))
		return false;
	barrier();
	if (c->phase == phase && !(c->flags & CONN_UNUSUAL) && !c->next.len && !c->ended && c->protocol == PROTOCOL_HTTP1)
		return true;
	unlock_conn(c);
	return false;
}

/* Whether bytes are one of the usual requests, and no other stands behind it: a body may. */
static __always_inline bool is_usual_head(const __u8 *p, __u32 n)
{
	__u32 end;

	if (n < 8 || !detect_http1_usual(detect_word(p)))
		return false;
	end = detect_http1_head_end(p, n);
	if (!end || end >= n)
		return true;
	barrier_var(end);
	end &= REQUEST_PREFIX - 1;
	return p[end] < 'A' || p[end] > 'Z';
}

/* Whether a request of len bytes follows all that passed before, whose hooks have run. Lock held. */
static __always_inline bool follows(const struct tcp_sock *tp, const struct conn *c, __u32 len, __u32 direction)
{
	if (c->early_ns) /* it was answered already */
		return false;
	if (direction == DIRECTION_SEND)
		return tp->write_seq - len == c->sent_seq;
	return tp->copied_seq - len == c->recv_seq && tp->write_seq == c->sent_seq;
}

/* Returns whether the I/O was a usual request. */
static __always_inline bool on_usual_request(struct sock *sk, struct tcp_sock *tp, struct conn *c, __u32 len, __u32 direction, __u32 user)
{
	struct request *r = &c->current;
	struct counter_values *counted;
	struct plain_call call;
	__u8 phase = c->phase;
	__u32 n = 0;

	if ((phase != PHASE_RESPONSE && phase != PHASE_IDLE) || c->untold >= TOLD_AT_ONCE - 1)
		return false;
	if (filter_generation && c->verdict_generation != filter_generation)
		return false;
	if (!plain_call_of(sk, &call) || !is_process_of(call.task, &c->process) || !lock_usual(c, phase))
		return false;
	if (follows(tp, c, len, direction)) {
		n = read_begin(r->data, REQUEST_PREFIX, &call, len);
		r->len = 0; /* nothing is left of the request before, which is over */
	}
	if (!is_usual_head(r->data, n)) {
		unlock_conn(c);
		return false;
	}
	r->start_ns = r->last_ns = direction == DIRECTION_SEND ? sent_at(tp) : read_at(tp, true);
	r->queue_ns = 0;
	r->bytes = len;
	r->len = n;
	r->flags = 0;
	r->detected = DETECT_YES;
	r->operations = 1;
	r->turns = 0;
	r->kinds = 0;
	r->tid = call.task->pid;
	if (direction == DIRECTION_RECV) {
		__u64 arrived = arrival_of(&c->arrivals, c->recv_seq);

		if (arrived) {
			r->flags = EXCHANGE_QUEUE_KNOWN;
			if (arrived < r->start_ns)
				r->queue_ns = r->start_ns - arrived;
		}
		r->tcp_seq = c->recv_seq;
		c->recv_seq += len;
	} else {
		r->tcp_seq = c->sent_seq;
		c->sent_seq += len;
	}
	c->partial_dir = direction;
	open_exchange(c);
	c->untold++;
	unlock_conn(c);
	counted = own_counters(user);
	if (counted)
		counted->of[COUNT_OPENED]++;
	return true;
}

/* Sends or spills the record of a usual response. Returns whether it was sent. */
static __always_inline bool emit_usual(struct scratch *scratch, const struct conn *c, __u32 user)
{
	struct exchange_record *r = &scratch->record;
	struct counter_values *counted = own_counters(user);
	__u32 request_len = r->request_len, response_len = r->response_len, reason = place(r);

	if (!counted)
		return false;
	counted->of[COUNT_ANSWERED]++;
	barrier_var(request_len);
	barrier_var(response_len);
	request_len &= 2 * REQUEST_PREFIX - 1;
	response_len &= 2 * RESPONSE_PREFIX - 1;
	if (reason == RECORD_WANTED) {
		copy_blocks(r->data + request_len, c->response, response_len, RESPONSE_PREFIX);
		if (!bpf_ringbuf_output(&records, r, offsetof(struct exchange_record, data) + request_len + response_len,
					wakeup_flags_often(scratch))) {
			counted->of[COUNT_DELIVERED]++;
			return true;
		}
		reason = SPILL_RING_FULL;
	}
	copy_blocks(scratch->payload, c->response, response_len, RESPONSE_PREFIX);
	spill(scratch, reason, 0);
	return false;
}

/*
 * Reads the beginning of a response of len bytes to where the connection keeps it. Sets how
 * its end looks, as PAYLOAD_LAST_CHUNK and PAYLOAD_MAY_END. Returns how many bytes were read.
 */
static __always_inline __u32 read_response(struct sock *sk, struct conn *c, struct scratch *scratch, const struct plain_call *call,
					   bool plain, __u32 len, __u32 *ends)
{
	struct io_buffer b = {.base = call->base, .len = call->len};
	__u32 n;

	*ends = 0;
	if (plain) {
		n = read_begin(c->response, RESPONSE_PREFIX, call, len);
		if (len > n)
			*ends = body_end(&b, len);
		return n;
	}
	scratch->task = (__u64)call->task;
	scratch->file = file_of(sk);
	*ends = read_payload(scratch, RESPONSE_PREFIX, 0, len); /* of several buffers, or none */
	n = *ends & PAYLOAD_BYTES;
	copy_blocks(c->response, scratch->payload, n, RESPONSE_PREFIX);
	return n;
}

/* Returns whether the I/O was a usual response. */
static __always_inline bool on_usual_response(struct sock *sk, struct tcp_sock *tp, struct conn *c, __u32 len, __u32 direction, __u32 user)
{
	__u32 n = 0, status = 0, ends = 0;
	struct plain_call call;
	struct scratch *scratch;
	struct exchange_record *r;
	bool plain;

	if (c->phase != PHASE_REQUEST)
		return false;
	scratch = scratch_of(user);
	if (!scratch)
		return false;
	plain = plain_call_of(sk, &call);
	if (!lock_usual(c, PHASE_REQUEST))
		return false;
	if (!c->response_flags && !c->response_ns && !c->response_len)
		n = read_response(sk, c, scratch, &call, plain, len, &ends);
	if (n >= DETECT_STATUS_LINE && (detect_word(c->response) & WORD_BYTES(7)) == WORD_HTTP_1)
		status = detect_http1_status(c->response);
	if (status < 200 || (status < 300 && is_connect(&c->current))) {
		unlock_conn(c);
		return false;
	}
	c->status = status;
	c->response_ns = c->response_last_ns = direction == DIRECTION_SEND ? sent_at(tp) : read_at(tp, tp->copied_seq - len == c->recv_seq);
	c->response_bytes += len;
	c->response_ios = 1;
	c->response_len = n;
	if (ends & PAYLOAD_LAST_CHUNK)
		c->response_flags |= EXCHANGE_LAST_CHUNK;
	note_may_end(c, ends & PAYLOAD_MAY_END);
	c->recv_seq = tp->copied_seq; /* at a server, what was read unseen was of the request's body */
	c->response_seq = direction == DIRECTION_SEND ? tp->write_seq : c->recv_seq;
	r = &scratch->record;
	answer(c, r);
	barrier(); /* who sees that all was seen that was sent sees the rest too */
	if (direction == DIRECTION_SEND)
		c->sent_seq = c->response_seq;
	unlock_conn(c);
	scratch->unix_sk = 0;
	r->name_len = 0;
	say_endpoints(c, &r->family, &r->local_port, &r->remote_port, r->local_addr);
	c->recorded = emit_usual(scratch, c, user);
	return true;
}

/* Returns whether an I/O of len bytes was part of a usual turn. */
static __always_inline bool on_usual_io(struct sock *sk, struct conn *c, __u32 len, __u32 direction, __u32 user)
{
	struct tcp_sock *tp;

	if (kernel_locks || !bpf_rdonly_cast || c->protocol != PROTOCOL_HTTP1 || c->role == ROLE_UNKNOWN || controls.heads_only)
		return false;
	tp = tcp_stream_of(sk);
	if (!tp || tp->inet_conn.icsk_ulp_ops)
		return false;
	if ((c->role == ROLE_SERVER) == (direction == DIRECTION_RECV))
		return on_usual_request(sk, tp, c, len, direction, user);
	return on_usual_response(sk, tp, c, len, direction, user);
}

#endif
