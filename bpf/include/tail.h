// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_TAIL_H
#define SLOE_TAIL_H

/* The rest of a response: when it is whole, and what is told of it meanwhile. */

#include "request.h"

#define TAIL_PAUSE_NS 500000000ULL /* between tails of a response whose length is not known */

struct length_search {
	const __u8 *head;
	__u32 len;
	__u32 head_end; /* bytes of the head, 0: its end was not captured */
	__u64 length;
	bool length_found;
	bool chunked;
};

static __always_inline bool header_is(const __u8 *p, const char *lower, __u32 n)
{
	__u32 i;

	for (i = 0; i < n; i++) {
		__u8 c = p[i];

		if (c >= 'A' && c <= 'Z')
			c |= 0x20;
		if (c != (__u8)lower[i])
			return false;
	}
	return true;
}

/* Looks at one line of the head (RFC 9112, section 6). */
static long search_length(__u32 i, struct length_search *s)
{
	const __u8 *p = s->head + (i & (RESPONSE_PREFIX - 1));
	__u32 k;

	if (i + 4 > s->len)
		return 1;
	if (p[0] != '\r' || p[1] != '\n')
		return 0;
	if (p[2] == '\r' && p[3] == '\n') {
		s->head_end = i + 4;
		return 1;
	}
	if (header_is(p + 2, "content-length:", 15)) {
		__u64 n = 0;

		for (k = 17; k < 40; k++) {
			if (p[k] == ' ' && n == 0)
				continue;
			if (p[k] < '0' || p[k] > '9')
				break;
			n = n * 10 + (p[k] - '0');
		}
		s->length = n;
		s->length_found = i + k < s->len; /* all digits were captured */
	} else if (header_is(p + 2, "transfer-encoding: chunked", 26)) {
		s->chunked = i + 28 <= s->len;
	}
	return 0;
}

/* Learns the response's length from its captured head, at its second I/O. Only the response's thread gets here. */
static __always_inline __u32 learn_length(const struct io *io, struct conn *c, __u64 *length)
{
	struct length_search s = {.head = io->scratch->payload, .len = c->response_len};

	__builtin_memcpy(io->scratch->payload, c->response, RESPONSE_PREFIX);
	bpf_loop(RESPONSE_PREFIX, search_length, &s, 0);
	if (s.chunked)
		return CONN_CHUNKED;
	if (!s.length_found || !s.head_end)
		return 0;
	*length = s.head_end + s.length;
	return CONN_LENGTH_KNOWN;
}

static __always_inline bool is_power_of_two(__u32 n)
{
	return (n & (n - 1)) == 0;
}

static __always_inline void on_tail_bytes(struct io *io, struct conn *c)
{
	struct io_buffer buffer;
	__u64 length = 0;
	__u32 learned = 0, todo = 0;
	bool last_chunk = false;

	if (c->response_ios == 1)
		learned = learn_length(io, c, &length);
	if ((c->flags | learned) & CONN_CHUNKED && locate(io->task, io->sk, &buffer) == LOCATED)
		last_chunk = ends_with_last_chunk(&buffer, io->len);

	bpf_spin_lock(&c->lock);
	if (c->phase == PHASE_RESPONSE) {
		bool whole;

		c->flags |= learned | CONN_TAIL_DUE;
		if (learned & CONN_LENGTH_KNOWN)
			c->response_length = length;
		c->response_bytes += io->len;
		c->response_last_ns = io->now;
		c->response_ios++;
		whole = last_chunk || (c->flags & CONN_LENGTH_KNOWN && c->response_bytes >= c->response_length);
		if (c->flags & CONN_DEFERRED) {
			/* its record, still to be sent, will carry the end */
		} else if (whole) {
			fill_tail(&io->scratch->tail, c, TAIL_FINAL);
			c->flags &= ~(CONN_TAIL_DUE | CONN_END_UNTOLD);
			todo |= TODO_TAIL;
		} else if (!(c->flags & (CONN_LENGTH_KNOWN | CONN_CHUNKED)) &&
			   (is_power_of_two(c->response_ios) || io->now - c->tail_ns > TAIL_PAUSE_NS)) {
			fill_tail(&io->scratch->tail, c, 0);
			c->tail_ns = io->now;
			todo |= TODO_TAIL;
		}
		if (io->direction == DIRECTION_SEND && promote_next(c))
			todo |= TODO_OPENED;
	}
	note_sent(io, c);
	bpf_spin_unlock(&c->lock);

	if (todo & TODO_TAIL)
		emit_tail(&io->scratch->tail);
	if (todo & TODO_OPENED)
		count(COUNT_OPENED);
}

#endif
