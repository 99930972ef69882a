// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_POSTGRESQL_H
#define SLOE_DETECT_POSTGRESQL_H

/*
 * PostgreSQL's protocol 3 (https://www.postgresql.org/docs/current/protocol.html),
 * by its first bytes and by its lengths. An operation is a simple Query, an Execute
 * or a FunctionCall; a turn ends with ReadyForQuery, for which a Query, a Sync, a
 * FunctionCall or a log-in asks. Those without an operation are asides.
 */

#include "http1.h"
#include "walk.h"

#define DETECT_POSTGRESQL_STARTUP 10000 /* the longest startup packet that servers take */
#define DETECT_POSTGRESQL_MESSAGE (1 << 30) /* the longest message */
#define DETECT_POSTGRESQL_HEAD 8 /* of a startup packet */
#define POSTGRESQL_HEAD 5        /* of another message: its type, and its length without that */
#define POSTGRESQL_SEVERITY 11   /* up to the sixth byte of an error's first field: S, FATAL */

static __always_inline unsigned int detect_be32(const unsigned char *p)
{
	return (unsigned int)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

#define POSTGRESQL_SSL_REQUEST 80877103
#define POSTGRESQL_GSS_REQUEST 80877104

/* The first packet of a client has no type: a length, and a version or a request code. */
static __always_inline int detect_postgresql_startup(const unsigned char *p, unsigned int len)
{
	unsigned int size, code;

	if (len == 0)
		return DETECT_MORE;
	if (p[0] != 0)
		return DETECT_NO;
	if (len < DETECT_POSTGRESQL_HEAD)
		return len > 1 && p[1] != 0 ? DETECT_NO : len > 4 && p[4] != 0 && p[4] != 4 ? DETECT_NO : DETECT_MORE;
	size = detect_be32(p);
	code = detect_be32(p + 4);
	if (size < 8 || size > DETECT_POSTGRESQL_STARTUP)
		return DETECT_NO;
	if (code == POSTGRESQL_SSL_REQUEST || code == POSTGRESQL_GSS_REQUEST)
		return size == 8 ? DETECT_YES : DETECT_NO;
	if (code >> 16 != 3 || (code & 0xffff) > 2)
		return DETECT_NO;
	/* the name of a parameter, such as user: a request of Kafka for metadata has a number there */
	if (len < DETECT_POSTGRESQL_HEAD + 1)
		return DETECT_MORE;
	return size > 9 && ((p[8] >= 'a' && p[8] <= 'z') || p[8] == '_') ? DETECT_YES : DETECT_NO;
}

/* Types of the messages that a client sends once it is in. */
static __always_inline int detect_postgresql_is_request(unsigned char type)
{
	switch (type) {
	case 'B': case 'C': case 'D': case 'E': case 'F': case 'H': case 'P': case 'Q': case 'S': case 'X':
	case 'c': case 'd': case 'f': case 'p':
		return 1;
	}
	return 0;
}

/*
 * The first message of an I/O of total bytes, on a connection that is older than
 * the agent. A Query is the whole I/O; what may begin a chain of messages has to be
 * one to its end, which the walk tells.
 */
static __always_inline int detect_postgresql_request(const unsigned char *p, unsigned int len, unsigned long long total)
{
	unsigned int size;

	if (len < 6)
		return DETECT_NO;
	size = detect_be32(p + 1);
	if (p[0] == 'Q')
		return size >= 5 && size + 1ULL == total ? DETECT_YES : DETECT_NO;
	if (p[0] != 'P' && p[0] != 'B' && p[0] != 'E' && p[0] != 'C' && p[0] != 'D')
		return DETECT_NO;
	return size >= 6 && size + 1ULL < total ? DETECT_MORE : DETECT_NO;
}

/*
 * Whether bytes begin with a message that begins what a client asks for, or is its last
 * one, where it is known that they are PostgreSQL's. A Sync, or data of a COPY, ends what was not seen.
 */
static __always_inline int detect_postgresql_message(const unsigned char *p, unsigned int len)
{
	unsigned int size;

	if (len < 5)
		return 0;
	size = detect_be32(p + 1);
	if (p[0] == 'X') /* Terminate */
		return size == 4;
	return size >= 4 && size < DETECT_POSTGRESQL_MESSAGE &&
	       (p[0] == 'Q' || p[0] == 'F' || p[0] == 'P' || p[0] == 'B' || p[0] == 'E' || p[0] == 'C' || p[0] == 'D');
}

enum postgresql_state {
	POSTGRESQL_MESSAGE = 0,
	POSTGRESQL_STARTUP = 1, /* of a client: what comes first has no type */
	/* of a server, within a turn: */
	POSTGRESQL_ENDED = 2,   /* a statement of a Query, or a FunctionCall, has its answer */
	POSTGRESQL_FAILED = 3,  /* an error came: up to the end of the turn nothing is run */
};

/* What a turn is, which its answer alone does not tell. */
enum postgresql_kind {
	POSTGRESQL_OF_SYNC = 0,  /* each Execute has one answer */
	POSTGRESQL_OF_QUERY = 1, /* one operation, however many statements its text holds */
	POSTGRESQL_OF_ASIDE = 2, /* no operation: a log-in, a statement that is only prepared */
};

/* Of a client, in walk.last: */
#define POSTGRESQL_EXECUTED 1 /* an Execute since the last Sync */
#define POSTGRESQL_SYNCED 2   /* the message before was a Sync */
#define POSTGRESQL_COPIES 4   /* data of a COPY followed the Sync: a server that copies passes over that, and answers the next one */

static __always_inline void postgresql_turn(struct walked *out, unsigned int kind)
{
	out->kinds |= walk_kinds_behind(kind, out->turns);
	out->turns++;
}

/* A message of the client begins. */
static __always_inline void postgresql_asked(struct walk *w, struct walked *out)
{
	unsigned char last = w->last;

	w->last = last & POSTGRESQL_EXECUTED;
	switch (w->header[0]) {
	case 'Q': case 'F':
		out->operations++;
		postgresql_turn(out, POSTGRESQL_OF_QUERY);
		break;
	case 'E':
		out->operations++;
		w->last = POSTGRESQL_EXECUTED;
		break;
	case 'S':
		if (last & POSTGRESQL_COPIES) {
			w->last = 0;
			break;
		}
		postgresql_turn(out, last & POSTGRESQL_EXECUTED ? POSTGRESQL_OF_SYNC : POSTGRESQL_OF_ASIDE);
		w->last = POSTGRESQL_SYNCED;
		break;
	case 'd': case 'c': case 'f':
		if (last & (POSTGRESQL_SYNCED | POSTGRESQL_COPIES))
			w->last = POSTGRESQL_COPIES;
		break;
	default:
		if (!detect_postgresql_is_request(w->header[0]))
			walk_lose(w);
	}
}

/*
 * Whether an error, whose first field is its severity, is FATAL or PANIC. A server of
 * another language may say that in its own words: then the end of the connection tells.
 */
static __always_inline int postgresql_is_fatal(const struct walk *w)
{
	const unsigned char *h = w->header + POSTGRESQL_HEAD;

	if (w->held < POSTGRESQL_SEVERITY || h[0] != 'S')
		return 0;
	return (h[1] == 'F' && h[2] == 'A' && h[3] == 'T' && h[4] == 'A' && h[5] == 'L') ||
	       (h[1] == 'P' && h[2] == 'A' && h[3] == 'N' && h[4] == 'I' && h[5] == 'C');
}

/*
 * A message of the server begins. Notices, parameters and notifications are said at
 * any time, of no operation. An error ends one; those behind it, up to the next
 * Sync, are not run, and have no answer. An error without an operation behind an
 * answer is that of the commit at the Sync. The one operation of a Query is answered
 * at the end of the turn, or by an error: what its first statements come to says
 * nothing of the last. A second error before that is said by another than the first,
 * such as a pool whose server ended with one. A FATAL one ends the connection, unless a
 * pool says that it goes on.
 */
static __always_inline void postgresql_answered(struct walk *w, struct walked *out)
{
	unsigned int kind = w->kinds & ((1 << WALK_KIND_BITS) - 1);

	switch (w->header[0]) {
	case 'N': case 'S': case 'A': case 'K': case 'R': case 'v':
		return;
	case 'Z':
		if (w->state == POSTGRESQL_ENDED)
			out->answered++;
		out->turns++;
		out->ended = 0;
		w->kinds >>= WALK_KIND_BITS;
		w->state = POSTGRESQL_MESSAGE;
		break;
	case 'C': case 'I': case 's': case 'V': case 'E':
		if (kind == POSTGRESQL_OF_ASIDE || w->state == POSTGRESQL_FAILED)
			break;
		if (w->header[0] == 'E') {
			out->answered++;
			out->failed++;
			w->state = POSTGRESQL_FAILED;
			out->ended = postgresql_is_fatal(w);
		} else if (kind == POSTGRESQL_OF_QUERY) {
			w->state = POSTGRESQL_ENDED;
		} else {
			out->answered++;
		}
		break;
	case 'W': /* copy-both: a replication connection */
		out->switched = 1;
		out->answered++;
		break;
	case '1': case '2': case '3': case 't': case 'n': case 'T': case 'D': case 'G': case 'H': case 'd': case 'c':
		break;
	default:
		walk_lose(w);
		return;
	}
	out->spoke = 1;
}

/* How many bytes of a message are to be gathered: of an error, its severity too. */
static __always_inline unsigned int postgresql_wanted(const struct walk *w, int reply)
{
	if (w->state == POSTGRESQL_STARTUP)
		return DETECT_POSTGRESQL_HEAD;
	if (reply && w->held >= POSTGRESQL_HEAD && w->header[0] == 'E' && detect_be32(w->header + 1) >= POSTGRESQL_SEVERITY - 1)
		return POSTGRESQL_SEVERITY;
	return POSTGRESQL_HEAD;
}

/* Takes a part of the header of a message. Returns how many bytes of the window it was. */
static __always_inline unsigned int postgresql_step(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out, int reply)
{
	unsigned int took, length;

	took = walk_header(w, p, n, postgresql_wanted(w, reply));
	if (w->held < postgresql_wanted(w, reply))
		return took;
	if (w->state == POSTGRESQL_STARTUP) {
		w->held = 0;
		length = detect_be32(w->header);
		if (length < 8 || length > DETECT_POSTGRESQL_STARTUP) { /* such as a record of TLS, if encryption was granted */
			walk_lose(w);
			return n;
		}
		w->skip = length - 8;
		if (length > 8) { /* else it asked for encryption, and starts anew if that is refused */
			w->state = POSTGRESQL_MESSAGE;
			postgresql_turn(out, POSTGRESQL_OF_ASIDE);
		}
		return took;
	}
	length = detect_be32(w->header + 1);
	if (length < 4 || length > DETECT_POSTGRESQL_MESSAGE) {
		walk_lose(w);
		return n;
	}
	w->skip = length + 1 - w->held;
	if (reply)
		postgresql_answered(w, out);
	else
		postgresql_asked(w, out);
	w->held = 0;
	return w->lost ? n : took;
}

#endif
