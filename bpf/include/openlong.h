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

/*
 * Takes where a field stands by way of memory: the verifier is to look once at what
 * follows, and not once for each place. The bound is one of memory, not of a head: what
 * stands behind one is told by its length.
 */
static __always_inline __u32 forget_place(struct scratch *scratch, __u32 at)
{
	IN_MEMORY(scratch->field) = at;
	at = IN_MEMORY(scratch->field);
	barrier_var(at);
	return at & (2 * RESPONSE_PREFIX - 1);
}

/* Whether scratch->record is of such a call, with the response's prefix in scratch->payload at start. */
__noinline int is_open_for_long(struct scratch *scratch, __u32 start)
{
	const struct exchange_record *r;
	__u32 at;

	if (!scratch)
		return 0;
	r = &scratch->record;
	at = forget_place(scratch, detect_http1_field(r->data, r->request_len, REQUEST_PREFIX, FIELD_PREFER));
	if (at && at < REQUEST_PREFIX && detect_is_long_poll_field(r->data + at, r->request_len - at))
		return 1;
	barrier_var(start);
	start &= RESPONSE_PREFIX - 1;
	at = forget_place(scratch, detect_http1_field(scratch->payload + start, r->response_len, RESPONSE_PREFIX, FIELD_CONTENT_TYPE));
	return at && at < RESPONSE_PREFIX && detect_is_events_field(scratch->payload + start + at, r->response_len - at);
}

#endif
