// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_MYSQL_H
#define SLOE_DETECT_MYSQL_H

/*
 * MySQL's and MariaDB's protocol
 * (https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html), by its
 * first bytes and by its lengths. The server speaks first. A packet is a length of
 * three bytes, a number that is 0 in a command, and the payload.
 *
 * A command is a turn, unless it has no answer. What runs statements is an operation;
 * what is about the connection, or only prepares, is none.
 */

#include "http1.h"
#include "walk.h"

#define MYSQL_PROTOCOL 10       /* version of the handshake, since MySQL 3.21 */
#define MYSQL_VERSION_CHECKED 4 /* characters of the server's version that are looked at */
#define MYSQL_COMPRESS 0x20     /* capabilities of a client: in their first byte, */
#define MYSQL_SSL 0x08          /* their second, */
#define MYSQL_ZSTD 0x04         /* and their fourth */
#define MYSQL_SSL_REQUEST 32    /* bytes of what a client says before it speaks TLS */

enum mysql_command {
	MYSQL_QUIT = 0x01,
	MYSQL_INIT_DB = 0x02,
	MYSQL_QUERY = 0x03,
	MYSQL_FIELD_LIST = 0x04,
	MYSQL_PROCESS_INFO = 0x0a,
	MYSQL_CHANGE_USER = 0x11,
	MYSQL_BINLOG_DUMP = 0x12,
	MYSQL_TABLE_DUMP = 0x13,
	MYSQL_STMT_PREPARE = 0x16,
	MYSQL_STMT_EXECUTE = 0x17,
	MYSQL_STMT_SEND_LONG_DATA = 0x18,
	MYSQL_STMT_CLOSE = 0x19,
	MYSQL_STMT_FETCH = 0x1c,
	MYSQL_BINLOG_DUMP_GTID = 0x1e,
	MYSQL_RESET_CONNECTION = 0x1f,
	MYSQL_LAST = 0x20, /* those above it are MariaDB's */
	MYSQL_STMT_BULK_EXECUTE = 0xfa,
};

/* What an answer is to: it does not tell by itself. */
enum mysql_kind {
	MYSQL_OF_STATEMENT = 0, /* an OK, an error, or results */
	MYSQL_OF_ONE = 1,       /* one packet, whatever is in it */
	MYSQL_OF_PREPARE = 2,
	MYSQL_OF_LOGIN = 3,
	MYSQL_OF_LIST = 4,      /* packets up to an end of them */
	MYSQL_OF_REPLICA = 5,   /* events without an end */
};

/* Whether a command is an operation: what a server runs for a client. The others are about the connection. */
static __always_inline int mysql_is_operation(unsigned char command)
{
	return command == MYSQL_INIT_DB || command == MYSQL_QUERY || command == MYSQL_FIELD_LIST ||
	       command == MYSQL_STMT_EXECUTE || command == MYSQL_STMT_BULK_EXECUTE;
}

static __always_inline int mysql_has_answer(unsigned char command)
{
	return command != MYSQL_QUIT && command != MYSQL_STMT_SEND_LONG_DATA && command != MYSQL_STMT_CLOSE;
}

static __always_inline unsigned int mysql_kind_of(unsigned char command)
{
	switch (command) {
	case MYSQL_QUERY: case MYSQL_STMT_EXECUTE: case MYSQL_STMT_BULK_EXECUTE: case MYSQL_PROCESS_INFO:
		return MYSQL_OF_STATEMENT;
	case MYSQL_STMT_PREPARE:
		return MYSQL_OF_PREPARE;
	case MYSQL_CHANGE_USER:
		return MYSQL_OF_LOGIN;
	case MYSQL_FIELD_LIST: case MYSQL_STMT_FETCH:
		return MYSQL_OF_LIST;
	case MYSQL_BINLOG_DUMP: case MYSQL_BINLOG_DUMP_GTID: case MYSQL_TABLE_DUMP:
		return MYSQL_OF_REPLICA;
	}
	return MYSQL_OF_ONE;
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

#define MYSQL_VERSION_END 40 /* where the name stands in a version, at most */

/* Whether a greeting of at least 40 bytes is MariaDB's: "5.5.5-10.11.6-MariaDB", or "11.4.2-MariaDB". */
static __always_inline int detect_mariadb(const unsigned char *p)
{
	unsigned int i;

	for (i = 6; i + 8 <= MYSQL_VERSION_END; i++) {
		if (p[i] == 0)
			return 0;
		if (p[i] == '-' && p[i + 1] == 'M' && p[i + 2] == 'a' && p[i + 3] == 'r' && p[i + 4] == 'i' && p[i + 5] == 'a' &&
		    p[i + 6] == 'D' && p[i + 7] == 'B')
			return 1;
	}
	return 0;
}

/* Whether at least nine bytes are the beginning of a text, or of the execution of a statement. */
static __always_inline int detect_mysql_form(const unsigned char *p, unsigned int len)
{
	unsigned char c;

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

/*
 * A command of total bytes so far, on a connection that is older than the agent: a text,
 * or the execution of a statement. Servers read the four bytes before it apart.
 */
static __always_inline int detect_mysql_request(const unsigned char *p, unsigned int len, unsigned long long total)
{
	if (len == 4 && total == 4 && p[3] == 0)
		return detect_le24(p) >= 5 ? DETECT_MORE : DETECT_NO;
	if (len < 9 || detect_le24(p) + 4ULL != total || p[3] != 0)
		return DETECT_NO;
	return detect_mysql_form(p, len);
}

/*
 * Whether bytes, of `total` so far, begin with a command, where it is known that they are
 * MySQL's: one that is whole, whichever it is, or that goes on and has the form of one.
 */
static __always_inline int detect_mysql_command(const unsigned char *p, unsigned int len, unsigned long long total)
{
	unsigned long long size;

	if (len < 5 || p[3] != 0)
		return 0;
	size = detect_le24(p) + 4ULL;
	if (size > total)
		return len >= 9 && detect_mysql_form(p, len) == DETECT_YES;
	return size == total && p[4] && (p[4] <= MYSQL_LAST || p[4] == MYSQL_STMT_BULK_EXECUTE);
}

enum mysql_state {
	MYSQL_FIRST = 0,   /* the first packet of an answer, or any of a client */
	MYSQL_COLUMNS = 1, /* left of them are still to come */
	MYSQL_BEHIND = 2,  /* behind the columns: an end of them, if the two did not agree to leave it out, or rows */
	MYSQL_ROWS = 3,
	MYSQL_MORE = 4,    /* the first packet of one more result */
	MYSQL_SKIP = 5,    /* what describes a prepared statement: left packets, and an end of each list */
	MYSQL_LOGIN = 6,   /* the client's answer to the greeting comes first */
};

#define MYSQL_NUMBER 3  /* place in the header */
#define MYSQL_FIRST_BYTE 4 /* of the payload */
#define MYSQL_MORE_RESULTS 0x08
#define MYSQL_CURSOR 0x40 /* a status: the rows are to be fetched */
#define MYSQL_FULL 0xffffff /* a packet of this length goes on in the next one */

/* A packet of the client begins. */
static __always_inline void mysql_asked(struct walk *w, unsigned int length, struct walked *out)
{
	const unsigned char *h = w->header;
	unsigned char command = h[MYSQL_FIRST_BYTE], before = w->last;

	w->last = h[MYSQL_NUMBER];
	if (w->state == MYSQL_LOGIN) {
		w->state = MYSQL_FIRST;
		if (h[4] & MYSQL_COMPRESS || h[7] & MYSQL_ZSTD || (length == MYSQL_SSL_REQUEST && h[5] & MYSQL_SSL)) {
			out->switched = 1;
			return;
		}
		out->kinds |= walk_kinds_behind(MYSQL_OF_LOGIN, out->turns);
		out->turns++;
		return;
	}
	if (h[MYSQL_NUMBER] != 0 || before == 0xff)
		return; /* of a log-in or a file: numbers go on, and around */
	if (command > MYSQL_LAST && command != MYSQL_STMT_BULK_EXECUTE) {
		walk_lose(w);
		return;
	}
	if (mysql_is_operation(command))
		out->operations++;
	if (!mysql_has_answer(command))
		return;
	out->kinds |= walk_kinds_behind(mysql_kind_of(command), out->turns);
	out->turns++;
}

/* An answer ends. */
static __always_inline void mysql_ends(struct walk *w, struct walked *out, int failed)
{
	w->state = MYSQL_FIRST;
	w->kinds >>= WALK_KIND_BITS;
	out->answered++;
	out->turns++;
	if (failed)
		out->failed++;
}

/* The size of a number of variable length, by its first byte. */
static __always_inline unsigned int mysql_number_size(unsigned char first)
{
	return first < 0xfb ? 1 : first == 0xfc ? 3 : first == 0xfd ? 4 : 9;
}

/* Where the status of an OK stands: behind two numbers. */
static __always_inline unsigned int mysql_status_at(const struct walk *w)
{
	unsigned int at = MYSQL_FIRST_BYTE + 1;

	at += mysql_number_size(w->header[at]);
	return at + mysql_number_size(w->header[at & 15]);
}

/* One result ends, with a status. The answer ends with it, unless more follow. */
static __always_inline void mysql_result_ends(struct walk *w, unsigned int at, struct walked *out)
{
	if (at < WALK_HEADER && w->header[at] & MYSQL_MORE_RESULTS)
		w->state = MYSQL_MORE;
	else
		mysql_ends(w, out, 0);
}

/* The columns of a result follow, of which the first packet tells the number. */
static __always_inline void mysql_columns(struct walk *w, unsigned int length)
{
	const unsigned char *h = w->header;
	unsigned int size = mysql_number_size(h[MYSQL_FIRST_BYTE]);

	w->state = MYSQL_COLUMNS;
	w->left = h[MYSQL_FIRST_BYTE];
	if (size == 3)
		w->left = h[5] | h[6] << 8;
	else if (size != 1)
		walk_lose(w);
	/* MariaDB: a byte more tells whether the client, which knows them, gets them again */
	if (length == size + 1 && h[size == 3 ? 7 : 5] == 0)
		w->left = 0;
	if (w->left == 0)
		w->state = MYSQL_BEHIND;
}

/* The first packet of an answer, or of one more result. */
static __always_inline void mysql_first(struct walk *w, unsigned int kind, unsigned int length, struct walked *out)
{
	const unsigned char *h = w->header;
	unsigned char first = h[MYSQL_FIRST_BYTE];

	switch (kind) {
	case MYSQL_OF_REPLICA:
		out->switched = 1;
		mysql_ends(w, out, 0);
		return;
	case MYSQL_OF_LOGIN:
		if (first == 0x00)
			mysql_ends(w, out, 0);
		return; /* or the client is to say more */
	case MYSQL_OF_ONE:
		mysql_ends(w, out, 0);
		return;
	case MYSQL_OF_PREPARE:
		mysql_ends(w, out, 0);
		w->left = (h[9] | h[10] << 8) + (h[11] | h[12] << 8);
		w->state = MYSQL_SKIP;
		return;
	}
	if (first == 0x00)
		mysql_result_ends(w, mysql_status_at(w), out);
	else if (first == 0xfb)
		w->state = MYSQL_FIRST; /* the client is to send a file: the answer comes behind it */
	else if (first == 0xfe)
		mysql_ends(w, out, 0);
	else
		mysql_columns(w, length);
}

/* A packet of the server begins. */
static __always_inline void mysql_answered(struct walk *w, unsigned int length, struct walked *out)
{
	const unsigned char *h = w->header;
	unsigned int kind = w->kinds & ((1 << WALK_KIND_BITS) - 1);
	unsigned char first = h[MYSQL_FIRST_BYTE];

	if (w->state == MYSQL_SKIP) {
		if (first == 0xfe && length == 5)
			return; /* the end of a list */
		if (w->left) {
			w->left--;
			return;
		}
		w->state = MYSQL_FIRST;
	}
	out->spoke = 1;
	if (first == 0xff && (kind != MYSQL_OF_ONE || length > 3)) { /* no column and no row begins with it */
		if (h[5] == 0xff && h[6] == 0xff)
			return; /* MariaDB: how far it is */
		mysql_ends(w, out, 1);
		return;
	}
	switch (w->state) {
	case MYSQL_COLUMNS:
		if (--w->left == 0)
			w->state = MYSQL_BEHIND;
		return;
	case MYSQL_FIRST:
		if (kind != MYSQL_OF_LIST) {
			mysql_first(w, kind, length, out);
			return;
		}
		w->state = MYSQL_ROWS;
		break;
	case MYSQL_MORE:
		mysql_first(w, MYSQL_OF_STATEMENT, length, out);
		return;
	case MYSQL_BEHIND:
		w->state = MYSQL_ROWS;
		if (first == 0xfe && length == 5) { /* the end of the columns */
			if (h[7] & MYSQL_CURSOR)
				mysql_result_ends(w, 7, out);
			return;
		}
	}
	if (first == 0xfe && length < MYSQL_FULL) /* an EOF has its status behind the warnings, an OK behind two numbers, which are 0 */
		mysql_result_ends(w, 7, out);
}

/* How many bytes of a packet are to be gathered. */
static __always_inline unsigned int mysql_wanted(const struct walk *w, unsigned int length, int reply)
{
	unsigned char first = w->header[MYSQL_FIRST_BYTE], state = w->state;
	unsigned int wanted = MYSQL_FIRST_BYTE + 1;

	if (!reply) {
		if (state == MYSQL_LOGIN)
			wanted = 8;
	} else if (first == 0xff) {
		wanted = 7;
	} else if (state == MYSQL_FIRST || state == MYSQL_MORE || state == MYSQL_SKIP) {
		wanted = first == 0x00 ? WALK_HEADER : 9;
	} else if (first == 0xfe && state != MYSQL_COLUMNS) {
		wanted = 9;
	}
	return wanted < 4 + length ? wanted : 4 + length;
}

/* Takes a part of the header of a packet. Returns how many bytes of the window it was. */
static __always_inline unsigned int mysql_step(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out, int reply)
{
	unsigned int took, length, wanted;

	if (w->held < MYSQL_FIRST_BYTE) {
		took = walk_header(w, p, n, MYSQL_FIRST_BYTE);
		if (w->held < MYSQL_FIRST_BYTE)
			return took;
		length = detect_le24(w->header);
		if (length == 0) { /* ends a file of the client, or goes on with nothing */
			w->held = 0;
			w->last = 0;
			w->number = 0;
		} else if (w->number == MYSQL_FULL) { /* goes on with the packet before */
			w->held = 0;
			w->number = length;
			w->skip = length;
		}
		return took;
	}
	length = detect_le24(w->header);
	took = 0;
	if (w->held == MYSQL_FIRST_BYTE)
		took = walk_header(w, p, n, MYSQL_FIRST_BYTE + 1);
	wanted = mysql_wanted(w, length, reply);
	if (w->held < wanted && took == 0)
		took = walk_header(w, p, n, wanted);
	if (w->held < wanted)
		return took;
	w->skip = 4 + length - w->held;
	w->held = 0;
	w->number = length;
	if (reply)
		mysql_answered(w, length, out);
	else
		mysql_asked(w, length, out);
	return w->lost ? n : took;
}

#endif
