// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_WALK_H
#define SLOE_DETECT_WALK_H

/*
 * Walking along one direction of a connection from message to message, by the
 * lengths that the messages tell: how many operations were asked for, how many
 * answered, and how. A step looks at a window of few bytes and says how many of
 * them it has taken; what a length lets it skip is never looked at.
 *
 * Pure functions of bytes, compiled as ordinary C in tests too.
 */

#define WALK_WINDOW 16 /* bytes that a step gets, as far as the I/O has them */
#define WALK_HEADER 24 /* bytes of a message that are gathered, at most: two I/Os may share them */
#define WALK_KIND_BITS 3
#define WALK_KINDS 10  /* of a walk, at most: the answers behind them are taken for usual ones */

/* Where a walk is. Kept with the connection between two I/Os of a direction. Zeroed: at the start of a message. */
struct walk {
	unsigned int skip;   /* bytes up to the next message, header or line */
	unsigned int left;   /* parts of the current message that are still to come */
	unsigned int number; /* in the line or header so far */
	unsigned char state; /* the protocol's */
	unsigned char held;  /* bytes of a header that was cut */
	unsigned char lost;  /* something was not seen, or made no sense: nothing is known up to a fresh start */
	unsigned char last;  /* the number of the message before, of protocols that number them */
	unsigned int kinds;  /* what the next answers are to, WALK_KIND_BITS each, of protocols whose answers do not tell */
	unsigned char header[WALK_HEADER];
};

/* What a walk over one I/O came by. */
struct walked {
	unsigned int operations; /* that were asked for */
	unsigned int turns;      /* ends of turns that were asked for, or came: see each protocol */
	unsigned int answered;   /* operations whose answer ended, failed ones included */
	unsigned int failed;
	unsigned char spoke;     /* the answer of an operation has begun: not only what a server says by itself */
	unsigned char switched;  /* the connection carries something else from here on */
	unsigned char odd;       /* among the messages are some without the form that the protocol gives them */
	unsigned char ended;     /* the server said that it ends the connection: no answer follows */
	unsigned int mute;       /* operations that ask for no answer, besides the others */
	unsigned int kinds;      /* of the turns, the first in the lowest bits: see struct walk */
};

/* Keeps a value in memory: the verifier forgets it there, and looks at a loop's body once an iteration, not once a path. */
#define IN_MEMORY(x) (*(volatile __typeof__(x) *)&(x))

/* The kinds of turns, behind those of `turns` others. */
static __always_inline unsigned int walk_kinds_behind(unsigned int kinds, unsigned int turns)
{
	return turns < WALK_KINDS ? kinds << (turns * WALK_KIND_BITS) : 0;
}

static __always_inline void walk_lose(struct walk *w)
{
	w->lost = 1;
	w->skip = 0;
	w->held = 0;
}

/*
 * Gathers the bytes of a header of at most WALK_HEADER bytes, which two I/Os may share.
 * Returns how many bytes of the window belong to it; it is whole once held == size.
 */
static __always_inline unsigned int walk_header(struct walk *w, const unsigned char *p, unsigned int n, unsigned int size)
{
	unsigned int i;

	for (i = 0; i < WALK_WINDOW; i++) {
		unsigned int at = IN_MEMORY(w->held);

		if (i >= n || at >= size || at >= WALK_HEADER)
			break;
		w->header[at] = p[i];
		IN_MEMORY(w->held) = at + 1;
	}
	return i;
}

#endif
