// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_OPENLONG_H
#define SLOE_OPENLONG_H

/*
 * Calls of HTTP/1 that are open for as long as somebody wants, server-sent events and
 * long polls: how long they take says nothing of their server. Of those that get a record
 * user space tells; here it is told of those that are counted in the aggregates.
 */

#include "kernel.h"
#include "maps.h"
#include "../detect/http1.h"

#define HEAD_FIELDS 64 /* of a head that are looked at, at most */

struct field_search {
	struct scratch *scratch;
	__u32 at; /* in the head: behind the end of a line */
	__u32 len;
	bool found;
};

/*
 * Goes on to the next line of a head at p, of which room bytes are captured at most.
 * Returns whether it is a field. Where it begins goes by way of memory: the verifier is to
 * look once at what follows, and not once for each place.
 */
static __always_inline bool next_field(struct field_search *s, const __u8 *p, __u32 room)
{
	__u32 line = detect_http1_next_line(p, room);

	if (!line)
		return false;
	IN_MEMORY(s->scratch->field) = s->at + line;
	s->at = IN_MEMORY(s->scratch->field);
	return s->at < s->len;
}

static long look_at_request_field(__u32 i, struct field_search *s)
{
	__u32 at = s->at;
	const __u8 *p;

	barrier_var(at);
	at &= REQUEST_PREFIX - 1;
	if (!next_field(s, s->scratch->record.data + at, REQUEST_PREFIX))
		return 1;
	at = s->at;
	barrier_var(at);
	at &= REQUEST_PREFIX - 1;
	p = s->scratch->record.data + at;
	s->found = detect_is_long_poll_field(p, s->len - s->at);
	return s->found || p[0] == '\r';
}

static long look_at_response_field(__u32 i, struct field_search *s)
{
	__u32 at = s->at;
	const __u8 *p;

	barrier_var(at);
	at &= RESPONSE_PREFIX - 1;
	if (!next_field(s, s->scratch->payload + at, RESPONSE_PREFIX - 8))
		return 1;
	at = s->at;
	barrier_var(at);
	at &= RESPONSE_PREFIX - 1;
	p = s->scratch->payload + at;
	s->found = detect_is_events_field(p, s->len - s->at);
	return s->found || p[0] == '\r';
}

/* Whether scratch->record is of such a call, with the response's prefix in scratch->payload at start. */
__noinline int is_open_for_long(struct scratch *scratch, __u32 start)
{
	struct field_search s = {.scratch = scratch};

	if (!scratch)
		return 0;
	s.len = scratch->record.request_len;
	bpf_loop(HEAD_FIELDS, look_at_request_field, &s, 0);
	if (s.found)
		return 1;
	s.at = start;
	s.len = start + scratch->record.response_len;
	bpf_loop(HEAD_FIELDS, look_at_response_field, &s, 0);
	return s.found;
}

#endif
