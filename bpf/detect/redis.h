// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_REDIS_H
#define SLOE_DETECT_REDIS_H

/*
 * The Redis serialization protocol, RESP2 and RESP3
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/), by its first
 * bytes and by its lengths. A turn ends with an operation's reply.
 */

#include "http1.h"
#include "walk.h"

#define DETECT_REDIS_ARGS 7 /* digits of a command's number of arguments, at most */
#define DETECT_REDIS_NAME 2 /* the same of its name's length */

static __always_inline int detect_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/*
 * A command is an array of bulk strings whose first begins with a letter:
 * "*2\r\n$3\r\nGET". A server's reply may look like that too: the caller knows by
 * other signs who asks. Inline commands have no sign of their own; on a connection
 * that is known they are counted.
 */
static __always_inline int detect_redis_request(const unsigned char *p, unsigned int len)
{
	unsigned int i = 0, digits;
	unsigned char c;

	if (len == 0)
		return DETECT_MORE;
	if (p[0] != '*')
		return DETECT_NO;
	for (i = 1; i <= DETECT_REDIS_ARGS + 1; i++) {
		if (i >= len)
			return DETECT_MORE;
		if (!detect_is_digit(p[i]))
			break;
		if (i == 1 && p[i] == '0')
			return DETECT_NO;
	}
	if (i == 1 || i > DETECT_REDIS_ARGS + 1 || p[i] != '\r')
		return DETECT_NO;
	if (++i >= len)
		return DETECT_MORE;
	if (p[i] != '\n')
		return DETECT_NO;
	if (++i >= len)
		return DETECT_MORE;
	if (p[i] != '$')
		return DETECT_NO;
	i++;
	for (digits = 0; digits <= DETECT_REDIS_NAME; digits++, i++) {
		if (i >= len)
			return DETECT_MORE;
		if (!detect_is_digit(p[i]))
			break;
		if (digits == 0 && p[i] == '0')
			return DETECT_NO;
	}
	if (digits == 0 || digits > DETECT_REDIS_NAME || p[i] != '\r')
		return DETECT_NO;
	if (++i >= len)
		return DETECT_MORE;
	if (p[i] != '\n')
		return DETECT_NO;
	if (++i >= len)
		return DETECT_MORE;
	c = p[i] | 0x20;
	return c >= 'a' && c <= 'z' ? DETECT_YES : DETECT_NO;
}

/* Whether a command of at least 16 bytes hands the connection over to replication: PSYNC or SYNC, behind "*N\r\n$N\r\n". */
static __always_inline int detect_redis_replication(const unsigned char *p)
{
	const unsigned char *name = p[5] == '5' ? p + 9 : p + 8;

	if (p[0] != '*' || p[2] != '\r' || p[4] != '$' || p[6] != '\r' || (p[5] != '4' && p[5] != '5'))
		return 0;
	if (p[5] == '5' && (p[8] | 0x20) != 'p')
		return 0;
	return (name[0] | 0x20) == 's' && (name[1] | 0x20) == 'y' && (name[2] | 0x20) == 'n' && (name[3] | 0x20) == 'c';
}

enum redis_waiting {
	REDIS_WAITS_NOT = 0,
	REDIS_WAITS = 1,        /* for data of others, or for replicas */
	REDIS_WAITS_IF_TOLD = 2, /* if an argument says so: see detect_redis_block */
};

/* Whether a command waits for others by its nature, of one of at least 32 bytes that begins with "*N\r\n$N\r\n", N of at most two digits. */
static __always_inline int detect_redis_waiting(const unsigned char *p)
{
	unsigned int i = 1;

	i += detect_is_digit(p[i]);
	i += detect_is_digit(p[i]);
	if (p[0] != '*' || p[i] != '\r' || p[i + 2] != '$')
		return REDIS_WAITS_NOT;
	i += 3;
	i += detect_is_digit(p[i]);
	i += detect_is_digit(p[i]);
	if (p[i] != '\r')
		return REDIS_WAITS_NOT;
	p += i + 2;
	switch (p[0] | 0x20) {
	case 'b': /* BLMOVE, BLMPOP, BLPOP, BRPOP, BRPOPLPUSH, BZMPOP, BZPOPMAX, BZPOPMIN: all of them that begin so */
		return (p[1] | 0x20) == 'l' || (p[1] | 0x20) == 'r' || (p[1] | 0x20) == 'z' ? REDIS_WAITS : REDIS_WAITS_NOT;
	case 'w': /* WAIT, WAITAOF; not WATCH */
		return (p[1] | 0x20) == 'a' && (p[2] | 0x20) == 'i' ? REDIS_WAITS : REDIS_WAITS_NOT;
	case 'x': /* XREAD, XREADGROUP; not XREVRANGE */
		return (p[1] | 0x20) == 'r' && (p[2] | 0x20) == 'e' && (p[3] | 0x20) == 'a' ? REDIS_WAITS_IF_TOLD : REDIS_WAITS_NOT;
	}
	return REDIS_WAITS_NOT;
}

/* Whether eight bytes are the end of an argument's length and the argument BLOCK. */
static __always_inline int detect_redis_block(const unsigned char *p)
{
	return p[0] == '5' && p[1] == '\r' && p[2] == '\n' && (p[3] | 0x20) == 'b' && (p[4] | 0x20) == 'l' && (p[5] | 0x20) == 'o' &&
	       (p[6] | 0x20) == 'c' && (p[7] | 0x20) == 'k';
}

#define REDIS_IN_LINE 1 /* state: behind the first byte of a line */
#define REDIS_NEGATIVE 2
#define REDIS_TYPE 0 /* place in walk.header: the first byte of the line */
#define REDIS_TOP 1  /* the same of the whole value */
#define REDIS_MOVED 2 /* the value is an error that sends the client elsewhere */

/* A line of a command is whole. */
static __always_inline void redis_asked(struct walk *w, struct walked *out)
{
	unsigned char type = w->header[REDIS_TYPE];
	int negative = w->state & REDIS_NEGATIVE;

	if (w->left == 0) {
		if (type == '*') {
			if (negative || w->number == 0)
				return; /* an empty command is passed over by servers */
			w->left = w->number;
		} else if (type == '\r' || type == '\n') {
			return;
		}
		out->operations++; /* or an inline command */
		out->turns++;
		return;
	}
	if (type != '$' || negative) {
		walk_lose(w);
		return;
	}
	w->left--;
	w->skip = w->number + 2;
}

/* A line of a reply is whole. */
static __always_inline void redis_answered(struct walk *w, struct walked *out)
{
	unsigned char type = w->header[REDIS_TYPE];
	unsigned int parts = 0, number = w->state & REDIS_NEGATIVE ? 0 : w->number;

	switch (type) {
	case '+': case '-': case ':': case '_': case '#': case ',': case '(':
		break;
	case '$': case '=': case '!':
		if (!(w->state & REDIS_NEGATIVE))
			w->skip = number + 2;
		break;
	case '*': case '~': case '>':
		parts = number;
		break;
	case '%':
		parts = 2 * number;
		break;
	case '|':
		parts = 2 * number + 1; /* the value that the attributes are of follows */
		break;
	default:
		walk_lose(w);
		return;
	}
	w->left = w->left - 1 + parts;
	if (w->left)
		return;
	if (w->header[REDIS_TOP] == '>')
		return; /* said by the server itself */
	out->answered++;
	out->turns++;
	if ((w->header[REDIS_TOP] == '-' || w->header[REDIS_TOP] == '!') && !w->header[REDIS_MOVED])
		out->failed++;
}

/* The first byte of a line of a reply. */
static __always_inline void redis_begin_reply(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out)
{
	if (w->left == 0)
		w->left = 1;
	else if (w->left > 1 || w->header[REDIS_TOP] != '|')
		return;
	w->header[REDIS_TOP] = p[0];
	w->header[REDIS_MOVED] = 0;
	if (p[0] != '>' && p[0] != '|')
		out->spoke = 1;
	if (p[0] != '-')
		return;
	if (n < 4) /* which error it is was cut off */
		walk_lose(w);
	else if ((p[1] == 'M' && p[2] == 'O' && p[3] == 'V') || (p[1] == 'A' && p[2] == 'S' && p[3] == 'K'))
		w->header[REDIS_MOVED] = 1;
}

/* Takes a part of a line. Returns how many bytes of the window it was. */
static __always_inline unsigned int redis_step(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out, int reply)
{
	unsigned int i;

	if (!(w->state & REDIS_IN_LINE)) {
		w->state = REDIS_IN_LINE;
		w->number = 0;
		w->header[REDIS_TYPE] = p[0];
		if (reply)
			redis_begin_reply(w, p, n, out);
		if (w->lost)
			return n;
	}
	for (i = 0; i < WALK_WINDOW; i++) {
		unsigned char c;

		if (i >= n)
			break;
		c = p[i];
		if (c == '\n') {
			if (reply)
				redis_answered(w, out);
			else
				redis_asked(w, out);
			w->state = 0;
			return i + 1;
		}
		if (c == '-')
			IN_MEMORY(w->state) |= REDIS_NEGATIVE; /* which says nothing in an error */
		else if (detect_is_digit(c))
			IN_MEMORY(w->number) = IN_MEMORY(w->number) * 10 + (c - '0');
	}
	return n;
}

#endif
