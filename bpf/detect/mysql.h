// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_MYSQL_H
#define SLOE_DETECT_MYSQL_H

/*
 * MySQL's and MariaDB's protocol
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html), by its
 * first bytes and by its lengths. The server speaks first. A packet is a length of
 * three bytes, a number that is 0 in a command, and the payload.
 */

#include "http1.h"
#include "walk.h"

#define MYSQL_PROTOCOL 10       /* version of the handshake, since MySQL 3.21 */
#define MYSQL_VERSION_CHECKED 4 /* characters of the server's version that are looked at */
#define MYSQL_COMPRESS 0x20     /* capabilities of a client */
#define MYSQL_SSL 0x800

enum mysql_command {
	MYSQL_INIT_DB = 0x02,
	MYSQL_QUERY = 0x03,
	MYSQL_FIELD_LIST = 0x04,
	MYSQL_STMT_EXECUTE = 0x17,
	MYSQL_STMT_BULK_EXECUTE = 0xfa, /* MariaDB */
};

/* Whether a command is an operation: what a server counts as a question of a client. The others are about the connection. */
static __always_inline int mysql_is_operation(unsigned char command)
{
	return command == MYSQL_INIT_DB || command == MYSQL_QUERY || command == MYSQL_FIELD_LIST ||
	       command == MYSQL_STMT_EXECUTE || command == MYSQL_STMT_BULK_EXECUTE;
}

static __always_inline unsigned int detect_le24(const unsigned char *p)
{
	return p[0] | p[1] << 8 | (unsigned int)p[2] << 16;
}

/* The greeting of a server, which is a whole I/O of total bytes: its version begins with a digit and a point. */
static __always_inline int detect_mysql_greeting(const unsigned char *p, unsigned int len, unsigned long long total)
{
	if (len < 5 + MYSQL_VERSION_CHECKED)
		return DETECT_NO;
	if (detect_le24(p) + 4ULL != total || total < 40 || p[3] != 0 || p[4] != MYSQL_PROTOCOL)
		return DETECT_NO;
	if (p[5] < '0' || p[5] > '9')
		return DETECT_NO;
	if (p[6] == '.')
		return p[7] >= '0' && p[7] <= '9' ? DETECT_YES : DETECT_NO;
	return p[6] >= '0' && p[6] <= '9' && p[7] == '.' ? DETECT_YES : DETECT_NO;
}

/* A command that is a whole I/O, on a connection that is older than the agent: a text, or the execution of a statement. */
static __always_inline int detect_mysql_request(const unsigned char *p, unsigned int len, unsigned long long total)
{
	unsigned char c;

	if (len < 9 || detect_le24(p) + 4ULL != total || p[3] != 0)
		return DETECT_NO;
	if (p[4] == MYSQL_QUERY) {
		c = p[5] | 0x20;
		if (!((c >= 'a' && c <= 'z') || p[5] == '/' || p[5] == '('))
			return DETECT_NO;
		/* the next ones are text too */
		return p[6] >= 0x20 && p[6] < 0x7f && p[7] >= 0x09 && p[7] < 0x7f && p[8] >= 0x09 && p[8] < 0x7f ? DETECT_YES :
																	    DETECT_NO;
	}
	/* a number, flags of few values, and the iteration count, which is always 1 */
	if (p[4] == MYSQL_STMT_EXECUTE && len >= 14)
		return p[9] <= 8 && p[10] == 1 && !p[11] && !p[12] && !p[13] ? DETECT_YES : DETECT_NO;
	return DETECT_NO;
}

enum mysql_state {
	MYSQL_FIRST = 0,   /* the first packet of an answer */
	MYSQL_COLUMNS = 1, /* left of them are still to come */
	MYSQL_BEHIND = 2,  /* behind the columns: an end of them, if the two did not agree to leave it out, or rows */
	MYSQL_ROWS = 3,
};

#define MYSQL_HEADER 5  /* length, number, and the first byte of the payload */
#define MYSQL_STATUS 8  /* as much of the payload as has the status, in packets whose fields before it are short */
#define MYSQL_MORE_RESULTS 0x08
#define MYSQL_FULL 0xffffff /* a packet of this length goes on in the next one */

/* A packet of the client begins. */
static __always_inline void mysql_asked(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out)
{
	unsigned char number = w->header[3];

	if (number == 0) {
		if (mysql_is_operation(w->header[4])) {
			out->operations++;
			out->turns++;
		}
		return;
	}
	/* the client's capabilities, in its answer to the greeting */
	if (number == 1 && w->number == 0 && n >= 8) {
		if (p[4] & MYSQL_COMPRESS || (detect_le24(w->header) == 32 && p[5] & (MYSQL_SSL >> 8)))
			out->switched = 1;
	}
}

/* The end of one result. The turn ends with it, unless the status, at p[at], says that more results follow. */
static __always_inline void mysql_result_ends(struct walk *w, const unsigned char *p, unsigned int n, unsigned int at, struct walked *out)
{
	w->state = MYSQL_FIRST;
	if (at >= n || at >= WALK_WINDOW) {
		walk_lose(w); /* the status was cut off */
		return;
	}
	if (p[at] & MYSQL_MORE_RESULTS)
		return;
	out->answered++;
	out->turns++;
}

/* A packet of the server begins. p is at its header. */
static __always_inline void mysql_answered(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out)
{
	unsigned int size = detect_le24(w->header);
	unsigned char first = w->header[4];

	out->spoke = 1;
	if (first == 0xff) { /* no column and no row begins with it */
		w->state = MYSQL_FIRST;
		out->answered++;
		out->failed++;
		out->turns++;
		return;
	}
	switch (w->state) {
	case MYSQL_FIRST:
		if (first == 0x00) {
			/* two numbers of a variable length: small ones take a byte */
			if (n >= 7 && p[5] < 0xfb && p[6] < 0xfb)
				mysql_result_ends(w, p, n, 7, out);
			else if (n >= WALK_WINDOW && p[5] < 0xfb && p[6] == 0xfc)
				mysql_result_ends(w, p, n, 9, out);
			else if (n >= WALK_WINDOW && p[5] == 0xfc && p[8] < 0xfb)
				mysql_result_ends(w, p, n, 9, out);
			else if (n >= WALK_WINDOW && p[5] < 0xfb && p[6] == 0xfd)
				mysql_result_ends(w, p, n, 10, out);
			else
				walk_lose(w);
		} else if (first == 0xfb || first == 0xfe) {
			/* the client is to send a file, or to authenticate anew: the answer comes behind that */
		} else if (first < 0xfb) {
			w->state = MYSQL_COLUMNS;
			w->left = first;
		} else if (first == 0xfc && n >= 7) {
			w->state = MYSQL_COLUMNS;
			w->left = p[5] | p[6] << 8;
		} else {
			walk_lose(w);
		}
		return;
	case MYSQL_COLUMNS:
		if (--w->left == 0)
			w->state = MYSQL_BEHIND;
		return;
	case MYSQL_BEHIND:
		w->state = MYSQL_ROWS;
		if (first == 0xfe && size == 5)
			return; /* the end of the columns */
		/* fallthrough */
	default:
		if (first != 0xfe || size >= 0x10000)
			return; /* a row */
		if (n < 9)
			walk_lose(w);
		else
			mysql_result_ends(w, p, n, 7, out); /* of an EOF behind the warnings, of an OK behind two numbers, which are 0 */
	}
}

/* Takes the header of a packet. Returns how many bytes of the window it was. */
static __always_inline unsigned int mysql_step(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out, int reply)
{
	unsigned int took, length, whole = w->held == 0;

	took = walk_header(w, p, n, MYSQL_HEADER);
	if (w->held < MYSQL_HEADER)
		return took;
	w->held = 0;
	length = detect_le24(w->header);
	if (length == 0) { /* the byte behind it is the next packet's: such a packet ends a file of the client */
		w->header[0] = w->header[4];
		w->held = 1;
		return took;
	}
	w->skip = length - 1;
	if (w->number == MYSQL_FULL) { /* goes on with the packet before */
		w->number = length;
		return took;
	}
	if (reply)
		mysql_answered(w, p, whole ? n : 0, out);
	else
		mysql_asked(w, p, whole ? n : 0, out);
	w->number = length;
	return w->lost ? n : took;
}

#endif
