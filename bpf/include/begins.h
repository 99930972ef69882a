// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_BEGINS_H
#define SLOE_BEGINS_H

/* Whether an I/O begins with a request, or a response, of HTTP/1. */

#include "conn.h"
#include "heads.h"

static __always_inline bool begins_request(const struct io *io)
{
	__u32 got = read_payload(io->scratch, REQUEST_PREFIX, 0, io->len) & PAYLOAD_BYTES;

	return (request_head(io->scratch, got) & HEAD_DETECTED) == DETECT_YES;
}

static __always_inline bool begins_response(const struct io *io)
{
	return response_head(io->scratch, 0, read_payload(io->scratch, DETECT_ROOM, 0, io->len) & PAYLOAD_BYTES) & DETECT_YES;
}

#endif
