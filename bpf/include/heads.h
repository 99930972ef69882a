// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_HEADS_H
#define SLOE_HEADS_H

/*
 * What the bytes in scratch->payload are. Global functions of plain memory: the
 * verifier looks at each once, not on every path to it, and forgets which path it
 * took there.
 */

#include "kernel.h"
#include "maps.h"
#include "walk.h"
#include "../detect/http1.h"

#define HEAD_DETECTED 0xff
#define HEAD_PROTOCOL_SHIFT 8      /* the protocol's place in what any_head returns */
#define HEAD_GREETING (1 << 16)    /* it is the first word of a server */
#define HEAD_CHAIN (1 << 17)       /* it is a request if what follows is one, message by message */
#define HEAD_STARTUP (1 << 18)     /* it begins a connection, and is no operation */
#define HEAD_FORM (1 << 19)        /* it is a request if it has the form of one */
#define HEAD_PIPELINED (1 << 20)   /* another one seems to begin behind it: see pipeline.h */

/*
 * HEAD_PIPELINED if what stands behind the first head looks like another request. A body
 * may, and what is behind a body is not looked at.
 */
static __always_inline int holds_more(struct scratch *scratch, __u32 total)
{
	__u32 end;

	/* by way of memory: the verifier is to look once at what follows, and not once for each end */
	IN_MEMORY(scratch->head_end) = detect_http1_head_end(scratch->payload, total);
	end = IN_MEMORY(scratch->head_end);
	if (!end || end >= total)
		return 0;
	barrier_var(end);
	end &= RESPONSE_PREFIX - 1;
	return detect_http1_request(scratch->payload + end, total - end) == DETECT_NO ? 0 : HEAD_PIPELINED;
}

/* enum detected of the first total bytes as a request of HTTP/1, with HEAD_PIPELINED. */
__noinline int request_head(struct scratch *scratch, __u32 total)
{
	int detected;

	if (!scratch || total == 0)
		return DETECT_NO; /* nothing could be read: nothing is known */
	detected = detect_http1_request(scratch->payload, total);
	return detected == DETECT_YES ? detected | holds_more(scratch, total) : detected;
}

static __always_inline bool is_wanted(__u32 protocol, __u32 forced)
{
	return wanted_protocols & 1U << protocol && (!forces_ports || !forced || forced & 1U << protocol);
}

/*
 * The protocol whose request the first total bytes may be, of an I/O of len bytes
 * (0: they are of several, of `all` bytes together), with enum detected of them. All protocols of the kernel
 * are tried. Each detector holds against the bytes of all others, so that their
 * order does not matter. forced: those that the connection's port says, with which less
 * is a proof; 0: any.
 */
__noinline int any_head(struct scratch *scratch, __u32 total, __u64 len, __u64 all, __u32 forced)
{
	const __u8 *p;
	int more = DETECT_NO, detected;

	if (!scratch || total == 0)
		return DETECT_NO;
	p = scratch->payload;
	if (is_wanted(PROTOCOL_HTTP1, forced)) {
		detected = detect_http1_request(p, total);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_HTTP1 << HEAD_PROTOCOL_SHIFT | holds_more(scratch, total);
		more |= detected;
	}
	if (is_wanted(PROTOCOL_REDIS, forced)) {
		detected = detect_redis_request(p, total);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_REDIS << HEAD_PROTOCOL_SHIFT;
		more |= detected;
	}
	if (is_wanted(PROTOCOL_POSTGRESQL, forced)) {
		detected = detect_postgresql_startup(p, total);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_POSTGRESQL << HEAD_PROTOCOL_SHIFT | HEAD_STARTUP;
		more |= detected;
		detected = detect_postgresql_request(p, total, len);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_POSTGRESQL << HEAD_PROTOCOL_SHIFT;
		if (detected == DETECT_MORE)
			return DETECT_YES | PROTOCOL_POSTGRESQL << HEAD_PROTOCOL_SHIFT | HEAD_CHAIN;
		if (forces_ports && forced && detect_postgresql_message(p, total))
			return DETECT_YES | PROTOCOL_POSTGRESQL << HEAD_PROTOCOL_SHIFT | HEAD_CHAIN;
	}
	if (is_wanted(PROTOCOL_MYSQL, forced)) {
		if (detect_mysql_greeting(p, total, len) == DETECT_YES)
			return DETECT_YES | (detect_mariadb(p) ? PROTOCOL_MARIADB : PROTOCOL_MYSQL) << HEAD_PROTOCOL_SHIFT | HEAD_GREETING;
		detected = detect_mysql_request(p, total, all);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_MYSQL << HEAD_PROTOCOL_SHIFT;
		if (forces_ports && forced && detect_mysql_command(p, total, all))
			return DETECT_YES | PROTOCOL_MYSQL << HEAD_PROTOCOL_SHIFT;
		more |= detected;
	}
	if (is_wanted(PROTOCOL_MEMCACHED, forced)) {
		detected = detect_memcached_request(p, total);
		if (detected == DETECT_YES)
			return detected | PROTOCOL_MEMCACHED << HEAD_PROTOCOL_SHIFT | HEAD_FORM;
		more |= detected;
	}
	return more ? DETECT_MORE : DETECT_NO;
}

#define HEAD_STATUS_SHIFT 8 /* the status code's place in what response_head returns */

/* enum detected of the bytes from start to total as a response, and its status code. */
__noinline int response_head(struct scratch *scratch, __u32 start, __u32 total)
{
	const __u8 *p;
	__u32 detected;

	if (!scratch || start >= RESPONSE_PREFIX || total <= start)
		return DETECT_NO;
	barrier_var(start); /* else the mask is optimised away, and the verifier does not see the bound */
	start &= RESPONSE_PREFIX - 1;
	p = scratch->payload + start;
	detected = detect_http1_response(p, total - start);
	if (detected != DETECT_YES)
		return detected;
	return detected | detect_http1_status(p) << HEAD_STATUS_SHIFT;
}

struct final_search {
	struct scratch *scratch;
	__u32 total;
	__u32 found;
};

/* Looks for a status line behind an empty line. */
static long search_final(__u32 i, struct final_search *s)
{
	const __u8 *p = s->scratch->payload + (i & (RESPONSE_PREFIX - 1));

	if (i + 4 + DETECT_STATUS_LINE > s->total)
		return 1;
	if (p[0] != '\r' || p[1] != '\n' || p[2] != '\r' || p[3] != '\n')
		return 0;
	if (detect_http1_response(p + 4, DETECT_STATUS_LINE) != DETECT_YES)
		return 0;
	s->found = i + 4;
	return p[13] != '1' || (p[14] == '0' && p[15] == '1'); /* another interim one: go on */
}

/* Where the status line behind interim responses begins, 0 if there is none. */
__noinline int final_head(struct scratch *scratch, __u32 total)
{
	struct final_search s = {.scratch = scratch, .total = total};

	if (!scratch)
		return 0;
	bpf_loop(RESPONSE_PREFIX, search_final, &s, 0);
	return s.found;
}

struct upgrade_search {
	struct scratch *scratch;
	__u32 start;
	__u32 total;
	__u32 head_end; /* 0: it was not captured */
	bool http2;
};

#define WORD_UPGRADE_ 0x3a65646172677075ULL /* "upgrade:" */

/* Looks at one line of the head. */
static long search_upgrade(__u32 i, struct upgrade_search *s)
{
	__u32 at = s->start + i, skip;
	const __u8 *p;

	barrier_var(at);
	at &= RESPONSE_PREFIX - 1;
	p = s->scratch->payload + at;
	if (at + 4 > s->total)
		return 1;
	if (p[0] != '\r' || p[1] != '\n')
		return 0;
	if (p[2] == '\r' && p[3] == '\n') {
		s->head_end = at + 4;
		return 1;
	}
	if (detect_lower_word(p + 2) != WORD_UPGRADE_)
		return 0;
	skip = 10 + (p[10] == ' ');
	barrier_var(skip);
	skip &= 15;
	s->http2 = (p[skip] | 0x20) == 'h' && p[skip + 1] == '2' && (p[skip + 2] | 0x20) == 'c' && p[skip + 3] == '\r';
	return 0;
}

/*
 * Where the head of a 101 ends that begins at start and switches to HTTP/2 (RFC 7540,
 * section 3.2; RFC 9113 left it out, and it is still spoken). 0: to something else, or
 * its end was not captured.
 */
__noinline int upgrade_head(struct scratch *scratch, __u32 start, __u32 total)
{
	struct upgrade_search s = {.scratch = scratch, .start = start, .total = total};

	if (!scratch || start >= RESPONSE_PREFIX || total > RESPONSE_PREFIX)
		return 0;
	bpf_loop(RESPONSE_PREFIX, search_upgrade, &s, 0);
	return s.http2 ? s.head_end : 0;
}

struct length_search {
	struct scratch *scratch;
	__u32 len;
	__u32 head_end; /* bytes of the head, 0: its end was not captured */
	__u64 length;
	bool length_found;
	bool chunked;
};

#define WORD_LENGTH 0x3a6874676e656cULL     /* "length:" */
#define WORD_TRANSFER 0x726566736e617274ULL /* "transfer" */
#define WORD__ENCODIN 0x6e69646f636e652dULL /* "-encodin" */
#define WORD_G_CHUNK 0x6b6e756863203a67ULL  /* "g: chunk" */

#define LENGTH_DIGITS 15 /* of a Content-Length: a petabyte */

/* Looks at one line of the head (RFC 9112, section 6). */
static long search_length(__u32 i, struct length_search *s)
{
	const __u8 *p = s->scratch->payload + (i & (RESPONSE_PREFIX - 1));
	__u32 k;

	if (i + 4 > s->len)
		return 1;
	if (p[0] != '\r' || p[1] != '\n')
		return 0;
	if (p[2] == '\r' && p[3] == '\n') {
		s->head_end = i + 4;
		return 1;
	}
	if (detect_lower_word(p + 2) == WORD_CONTENT_ && (detect_lower_word(p + 10) & WORD_BYTES(7)) == WORD_LENGTH) {
		__u32 skip = 17 + (p[17] == ' ');
		__u64 n = 0;

		barrier_var(skip);
		skip &= 31;
		for (k = 0; k < LENGTH_DIGITS; k++) {
			__u8 digit = p[skip + k] - '0';

			if (digit > 9)
				break;
			n = n * 10 + digit;
		}
		s->length = n;
		s->length_found = k > 0 && k < LENGTH_DIGITS && i + skip + k < s->len; /* all digits were captured */
	} else if (detect_lower_word(p + 2) == WORD_TRANSFER && detect_lower_word(p + 10) == WORD__ENCODIN &&
		   detect_lower_word(p + 18) == WORD_G_CHUNK) {
		s->chunked = i + 28 <= s->len;
	}
	return 0;
}

/*
 * How long the response is whose first len bytes are in scratch->payload: sets
 * scratch->length to the bytes of head and body. Returns CONN_LENGTH_KNOWN,
 * CONN_CHUNKED or 0.
 */
__noinline int response_length(struct scratch *scratch, __u32 len)
{
	struct length_search s = {.scratch = scratch, .len = len};

	if (!scratch)
		return 0;
	bpf_loop(RESPONSE_PREFIX, search_length, &s, 0);
	if (s.chunked)
		return CONN_CHUNKED;
	if (!s.length_found || !s.head_end)
		return 0;
	scratch->length = s.head_end + s.length;
	return CONN_LENGTH_KNOWN;
}

#endif
