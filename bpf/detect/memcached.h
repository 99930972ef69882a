// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_MEMCACHED_H
#define SLOE_DETECT_MEMCACHED_H

/*
 * memcached's text protocol, its meta commands among them
 * (https://docs.memcached.org/protocols/). The binary one, which it has given up, is
 * not looked for.
 *
 * A command is a line, and with some a block of data whose length the line tells. A
 * turn ends with a command that is answered in any case. Two kinds are not:
 *
 *   - `noreply`: never. How such an operation ends is not known: it is counted apart (walked.mute).
 *   - the flag q of a meta command: only if there is news. Clients send many, and a
 *     command mn behind them, whose answer says that all before it are done.
 */

#include "http1.h"
#include "walk.h"

/* A name of at most eight characters as one number; of longer ones the first eight. */
#define MEMCACHED_NAME(a, b, c, d, e, f, g, h)                                                         \
	((unsigned long long)(a) | (unsigned long long)(b) << 8 | (unsigned long long)(c) << 16 |      \
	 (unsigned long long)(d) << 24 | (unsigned long long)(e) << 32 | (unsigned long long)(f) << 40 | \
	 (unsigned long long)(g) << 48 | (unsigned long long)(h) << 56)

enum memcached_form {
	MEMCACHED_UNKNOWN = 0,
	MEMCACHED_PLAIN,   /* a line */
	MEMCACHED_KEYED,   /* a line with a key at least */
	MEMCACHED_DELETE,  /* the same, with noreply */
	MEMCACHED_NUMBER,  /* a line whose third word is a number, with noreply */
	MEMCACHED_EXPIRY,  /* a line whose second word is a number, and keys */
	MEMCACHED_SETTING, /* a line, with noreply */
	MEMCACHED_STORE,   /* a line whose fifth word is the length of the data, with noreply */
	MEMCACHED_META,    /* a line of a meta command */
	MEMCACHED_META_STORE, /* the same, whose third word is the length of the data */
	MEMCACHED_NOOP,    /* the end of a pipeline: no operation */
	MEMCACHED_QUIT,    /* no operation, and no answer */
};

static __always_inline unsigned int memcached_form(unsigned long long name)
{
	switch (name) {
	case MEMCACHED_NAME('g', 'e', 't', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('g', 'e', 't', 's', 0, 0, 0, 0):
		return MEMCACHED_KEYED;
	case MEMCACHED_NAME('s', 'e', 't', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('a', 'd', 'd', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('c', 'a', 's', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('r', 'e', 'p', 'l', 'a', 'c', 'e', 0):
	case MEMCACHED_NAME('a', 'p', 'p', 'e', 'n', 'd', 0, 0):
	case MEMCACHED_NAME('p', 'r', 'e', 'p', 'e', 'n', 'd', 0):
		return MEMCACHED_STORE;
	case MEMCACHED_NAME('d', 'e', 'l', 'e', 't', 'e', 0, 0):
		return MEMCACHED_DELETE;
	case MEMCACHED_NAME('i', 'n', 'c', 'r', 0, 0, 0, 0):
	case MEMCACHED_NAME('d', 'e', 'c', 'r', 0, 0, 0, 0):
	case MEMCACHED_NAME('t', 'o', 'u', 'c', 'h', 0, 0, 0):
		return MEMCACHED_NUMBER;
	case MEMCACHED_NAME('g', 'a', 't', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('g', 'a', 't', 's', 0, 0, 0, 0):
		return MEMCACHED_EXPIRY;
	case MEMCACHED_NAME('f', 'l', 'u', 's', 'h', '_', 'a', 'l'):
	case MEMCACHED_NAME('v', 'e', 'r', 'b', 'o', 's', 'i', 't'):
		return MEMCACHED_SETTING;
	case MEMCACHED_NAME('v', 'e', 'r', 's', 'i', 'o', 'n', 0):
		return MEMCACHED_PLAIN;
	case MEMCACHED_NAME('m', 'g', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('m', 'd', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('m', 'a', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('m', 'e', 0, 0, 0, 0, 0, 0):
		return MEMCACHED_META;
	case MEMCACHED_NAME('m', 's', 0, 0, 0, 0, 0, 0):
		return MEMCACHED_META_STORE;
	case MEMCACHED_NAME('m', 'n', 0, 0, 0, 0, 0, 0):
		return MEMCACHED_NOOP;
	case MEMCACHED_NAME('q', 'u', 'i', 't', 0, 0, 0, 0):
		return MEMCACHED_QUIT;
	}
	return MEMCACHED_UNKNOWN;
}

/*
 * Whether bytes begin with a command's name. It is one if the line has the command's form
 * besides: a walk over it tells (walked.odd). What other protocols have too (stats, quit)
 * is not asked for here.
 */
static __always_inline int detect_memcached_request(const unsigned char *p, unsigned int len)
{
	unsigned long long name = 0;
	unsigned int i, form;

	for (i = 0; i <= 9; i++) {
		if (i >= len)
			return i ? DETECT_MORE : DETECT_NO;
		if (p[i] == ' ' || p[i] == '\r' || p[i] == '\n')
			break;
		if (p[i] != '_' && (p[i] < 'a' || p[i] > 'z'))
			return DETECT_NO;
		if (i < 8)
			name |= (unsigned long long)p[i] << (8 * i);
	}
	form = memcached_form(name);
	return form != MEMCACHED_UNKNOWN && form != MEMCACHED_QUIT ? DETECT_YES : DETECT_NO;
}

/* Whether a command asks for the server's log, which ends with the connection. */
static __always_inline int detect_memcached_watch(const unsigned char *p)
{
	return p[0] == 'w' && p[1] == 'a' && p[2] == 't' && p[3] == 'c' && p[4] == 'h' && (p[5] == ' ' || p[5] == '\r' || p[5] == '\n');
}

#define MEMCACHED_KEY 250 /* characters of a key, at most */
#define MEMCACHED_LONGEST (1U << 30) /* bytes of data, at most */
#define MEMCACHED_NO_NUMBER (~0U)

/* Bits of walk.state. */
#define MEMCACHED_IN_LINE 1
#define MEMCACHED_IN_WORD 2
#define MEMCACHED_LETTERS 4 /* the word is no number */
#define MEMCACHED_PENDING 8 /* quiet commands wait for the end of their turn */

/* Places in walk.header. */
#define MEMCACHED_NAME_AT 0 /* eight characters */
#define MEMCACHED_LENGTH 8  /* of the current word, 255 at most */
#define MEMCACHED_MATCH 9   /* characters of it that are those of "noreply" */
#define MEMCACHED_MARKS 10  /* of the line */
#define MEMCACHED_FIRST 11  /* character of the word */
#define MEMCACHED_NEAR 12   /* the number of a word, four bytes: of the third in a command, of the second in an answer */
#define MEMCACHED_FAR 16    /* the same of the fifth, and of the fourth */

/* Marks of a line. */
#define MEMCACHED_NOREPLY 1 /* is its last word */
#define MEMCACHED_QUIET 2   /* a word behind the key is q */
#define MEMCACHED_LONG 4    /* its second word is longer than a key */
#define MEMCACHED_DIGITS 8  /* its second word is a number */
#define MEMCACHED_PATH 16   /* its second word begins with a slash */

/* The kinds of turns. */
enum memcached_kind {
	MEMCACHED_OF_ONE = 0,    /* an answer each */
	MEMCACHED_OF_MANY = 1,   /* answers up to that of mn */
	MEMCACHED_OF_OTHERS = 2, /* quiet ones before another command: whose answers come is not told */
};

static __always_inline unsigned long long memcached_name(const struct walk *w)
{
	unsigned long long name;

	__builtin_memcpy(&name, w->header + MEMCACHED_NAME_AT, sizeof(name)); /* little-endian, as all that eBPF is compiled for here */
	return name;
}

static __always_inline unsigned int memcached_number(const struct walk *w, unsigned int place)
{
	unsigned int n;

	__builtin_memcpy(&n, w->header + place, sizeof(n));
	return n;
}

/* A word is whole, the number `left` of its line. */
static __always_inline void memcached_word(struct walk *w, unsigned int near)
{
	unsigned int at = w->left, number = w->number, length = w->header[MEMCACHED_LENGTH];

	if (!(w->state & MEMCACHED_IN_WORD))
		return;
	w->header[MEMCACHED_MARKS] &= ~MEMCACHED_NOREPLY;
	if (w->header[MEMCACHED_MATCH] == 7 && length == 7)
		w->header[MEMCACHED_MARKS] |= MEMCACHED_NOREPLY;
	if (w->state & MEMCACHED_LETTERS || length > 10)
		number = MEMCACHED_NO_NUMBER;
	if (at == 1) {
		if (number != MEMCACHED_NO_NUMBER)
			w->header[MEMCACHED_MARKS] |= MEMCACHED_DIGITS;
		if (length > MEMCACHED_KEY)
			w->header[MEMCACHED_MARKS] |= MEMCACHED_LONG;
		if (w->header[MEMCACHED_FIRST] == '/')
			w->header[MEMCACHED_MARKS] |= MEMCACHED_PATH;
	} else if (length == 1 && w->header[MEMCACHED_FIRST] == 'q') {
		w->header[MEMCACHED_MARKS] |= MEMCACHED_QUIET;
	}
	if (at == near)
		__builtin_memcpy(w->header + MEMCACHED_NEAR, &number, sizeof(number));
	else if (at == near + 2)
		__builtin_memcpy(w->header + MEMCACHED_FAR, &number, sizeof(number));
	w->left = at + 1;
	w->number = 0;
	w->header[MEMCACHED_LENGTH] = 0;
	w->header[MEMCACHED_MATCH] = 0;
	w->state &= ~(MEMCACHED_IN_WORD | MEMCACHED_LETTERS);
}

#define MEMCACHED_NOREPLY_WORD MEMCACHED_NAME('n', 'o', 'r', 'e', 'p', 'l', 'y', 0)

static __always_inline void memcached_character(struct walk *w, unsigned char c)
{
	unsigned int at = IN_MEMORY(w->header[MEMCACHED_LENGTH]);

	IN_MEMORY(w->state) |= MEMCACHED_IN_WORD;
	if (at < 255)
		IN_MEMORY(w->header[MEMCACHED_LENGTH]) = at + 1;
	if (at == 0)
		IN_MEMORY(w->header[MEMCACHED_FIRST]) = c;
	if (at < 8) {
		if (IN_MEMORY(w->left) == 0)
			IN_MEMORY(w->header[MEMCACHED_NAME_AT + at]) = c;
		if (IN_MEMORY(w->header[MEMCACHED_MATCH]) == at && c == (unsigned char)(MEMCACHED_NOREPLY_WORD >> (8 * at)))
			IN_MEMORY(w->header[MEMCACHED_MATCH]) = at + 1;
	}
	if (c >= '0' && c <= '9')
		IN_MEMORY(w->number) = IN_MEMORY(w->number) * 10 + (c - '0');
	else
		IN_MEMORY(w->state) |= MEMCACHED_LETTERS;
}

/* The data behind a line, and the end of its own. */
static __always_inline void memcached_data(struct walk *w, unsigned int size)
{
	if (size > MEMCACHED_LONGEST)
		walk_lose(w);
	else
		w->skip = size + 2;
}

/* A command's line is whole. */
static __always_inline void memcached_asked(struct walk *w, struct walked *out)
{
	unsigned int form = memcached_form(memcached_name(w)), marks = w->header[MEMCACHED_MARKS], words = w->left;
	unsigned int near = memcached_number(w, MEMCACHED_NEAR), far = memcached_number(w, MEMCACHED_FAR), data = MEMCACHED_NO_NUMBER;
	unsigned int kind = MEMCACHED_OF_ONE, fewest_mute = 0, turns = out->turns, pending = w->state & MEMCACHED_PENDING;
	int odd = 0, quiet = 0;

	switch (form) {
	case MEMCACHED_QUIT:
		return;
	case MEMCACHED_UNKNOWN: /* perhaps one that others have too, such as stats */
		odd = 1;
		break;
	case MEMCACHED_PLAIN:
	case MEMCACHED_NOOP:
		odd = words != 1;
		break;
	case MEMCACHED_KEYED:
		odd = words < 2 || (marks & MEMCACHED_PATH && words > 2); /* perhaps HTTP in lower case */
		break;
	case MEMCACHED_DELETE:
		odd = words < 2 || (marks & MEMCACHED_DIGITS && words == 2); /* perhaps beanstalkd's */
		fewest_mute = 3;
		break;
	case MEMCACHED_NUMBER:
		odd = words < 3 || near == MEMCACHED_NO_NUMBER;
		fewest_mute = 4;
		break;
	case MEMCACHED_EXPIRY:
		odd = words < 3 || !(marks & MEMCACHED_DIGITS);
		break;
	case MEMCACHED_SETTING:
		fewest_mute = 2;
		break;
	case MEMCACHED_STORE:
		odd = words < 5 || far == MEMCACHED_NO_NUMBER || marks & MEMCACHED_LONG;
		fewest_mute = 6;
		data = far;
		break;
	case MEMCACHED_META:
		odd = words < 2;
		quiet = !odd && marks & MEMCACHED_QUIET;
		break;
	case MEMCACHED_META_STORE:
		odd = words < 3 || near == MEMCACHED_NO_NUMBER || marks & MEMCACHED_LONG;
		quiet = !odd && marks & MEMCACHED_QUIET;
		data = near;
		break;
	}
	if (odd) {
		out->odd = 1;
		data = MEMCACHED_NO_NUMBER; /* it is refused before that */
	}
	if (data != MEMCACHED_NO_NUMBER)
		memcached_data(w, data);
	if (fewest_mute && words >= fewest_mute && marks & MEMCACHED_NOREPLY) {
		out->mute++;
		return;
	}
	if (form != MEMCACHED_NOOP)
		out->operations++;
	if (quiet) {
		w->state |= MEMCACHED_PENDING;
		return;
	}
	if (pending) {
		kind = form == MEMCACHED_NOOP ? MEMCACHED_OF_MANY : MEMCACHED_OF_OTHERS;
		if (turns >= WALK_KINDS) { /* which is taken for an answer each */
			walk_lose(w);
			return;
		}
		out->kinds |= kind << (turns * WALK_KIND_BITS);
		w->state &= ~MEMCACHED_PENDING;
	}
	out->turns = turns + 1;
}

enum memcached_answer {
	MEMCACHED_NO_ANSWER = 0,
	MEMCACHED_ANSWER,
	MEMCACHED_FAILURE,
	MEMCACHED_END_OF_MANY,
	MEMCACHED_VALUE,   /* a line with the length of data, and more to come */
	MEMCACHED_THE_VALUE, /* the same of a meta command: the answer's end */
	MEMCACHED_PART,    /* a line, and more to come */
};

static __always_inline unsigned int memcached_answer(unsigned long long name)
{
	unsigned char first = name & 0xff;

	switch (name) {
	case MEMCACHED_NAME('V', 'A', 'L', 'U', 'E', 0, 0, 0):
	case MEMCACHED_NAME('C', 'O', 'N', 'F', 'I', 'G', 0, 0): /* of services that tell their clusters */
		return MEMCACHED_VALUE;
	case MEMCACHED_NAME('V', 'A', 0, 0, 0, 0, 0, 0):
		return MEMCACHED_THE_VALUE;
	case MEMCACHED_NAME('M', 'N', 0, 0, 0, 0, 0, 0):
		return MEMCACHED_END_OF_MANY;
	case MEMCACHED_NAME('S', 'T', 'A', 'T', 0, 0, 0, 0):
	case MEMCACHED_NAME('I', 'T', 'E', 'M', 0, 0, 0, 0):
	case MEMCACHED_NAME('P', 'R', 'E', 'F', 'I', 'X', 0, 0):
	case MEMCACHED_NAME('m', 'g', 0, 0, 0, 0, 0, 0): /* of a dump */
		return MEMCACHED_PART;
	case MEMCACHED_NAME('E', 'R', 'R', 'O', 'R', 0, 0, 0):
	case MEMCACHED_NAME('C', 'L', 'I', 'E', 'N', 'T', '_', 'E'):
	case MEMCACHED_NAME('S', 'E', 'R', 'V', 'E', 'R', '_', 'E'):
		return MEMCACHED_FAILURE;
	case MEMCACHED_NAME('E', 'N', 'D', 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('S', 'T', 'O', 'R', 'E', 'D', 0, 0):
	case MEMCACHED_NAME('N', 'O', 'T', '_', 'S', 'T', 'O', 'R'):
	case MEMCACHED_NAME('E', 'X', 'I', 'S', 'T', 'S', 0, 0):
	case MEMCACHED_NAME('N', 'O', 'T', '_', 'F', 'O', 'U', 'N'):
	case MEMCACHED_NAME('D', 'E', 'L', 'E', 'T', 'E', 'D', 0):
	case MEMCACHED_NAME('T', 'O', 'U', 'C', 'H', 'E', 'D', 0):
	case MEMCACHED_NAME('O', 'K', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('V', 'E', 'R', 'S', 'I', 'O', 'N', 0):
	case MEMCACHED_NAME('R', 'E', 'S', 'E', 'T', 0, 0, 0):
	case MEMCACHED_NAME('H', 'D', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('E', 'N', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('N', 'S', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('E', 'X', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('N', 'F', 0, 0, 0, 0, 0, 0):
	case MEMCACHED_NAME('M', 'E', 0, 0, 0, 0, 0, 0):
	/* of the commands for slabs and crawlers */
	case MEMCACHED_NAME('B', 'U', 'S', 'Y', 0, 0, 0, 0):
	case MEMCACHED_NAME('B', 'A', 'D', 'C', 'L', 'A', 'S', 'S'):
	case MEMCACHED_NAME('N', 'O', 'S', 'P', 'A', 'R', 'E', 0):
	case MEMCACHED_NAME('N', 'O', 'T', 'F', 'U', 'L', 'L', 0):
	case MEMCACHED_NAME('U', 'N', 'S', 'A', 'F', 'E', 0, 0):
	case MEMCACHED_NAME('S', 'A', 'M', 'E', 0, 0, 0, 0):
		return MEMCACHED_ANSWER;
	}
	if ((name & 0xffffffff) == MEMCACHED_NAME('k', 'e', 'y', '=', 0, 0, 0, 0))
		return MEMCACHED_PART; /* of a dump */
	return first >= '0' && first <= '9' ? MEMCACHED_ANSWER : MEMCACHED_NO_ANSWER; /* the value of a counter */
}

/* A line of an answer is whole. */
static __always_inline void memcached_answered(struct walk *w, struct walked *out)
{
	unsigned int answer = memcached_answer(memcached_name(w)), kind = w->kinds & ((1 << WALK_KIND_BITS) - 1);

	switch (answer) {
	case MEMCACHED_NO_ANSWER:
		walk_lose(w);
		return;
	case MEMCACHED_PART:
		return;
	case MEMCACHED_VALUE:
		memcached_data(w, memcached_number(w, MEMCACHED_FAR));
		return;
	case MEMCACHED_THE_VALUE:
		memcached_data(w, memcached_number(w, MEMCACHED_NEAR));
		break;
	}
	if (kind == MEMCACHED_OF_OTHERS) {
		walk_lose(w);
		return;
	}
	if (answer != MEMCACHED_END_OF_MANY) {
		out->answered++;
		if (answer == MEMCACHED_FAILURE)
			out->failed++;
		if (kind == MEMCACHED_OF_MANY)
			return;
	}
	out->turns++;
	w->kinds >>= WALK_KIND_BITS;
}

/* Takes a part of a line. Returns how many bytes of the window it was. */
static __always_inline unsigned int memcached_step(struct walk *w, const unsigned char *p, unsigned int n, struct walked *out, int reply)
{
	unsigned int near = reply ? 1 : 2, i;
	int ended = 0;

	if (!(w->state & MEMCACHED_IN_LINE)) {
		w->state = (w->state & MEMCACHED_PENDING) | MEMCACHED_IN_LINE;
		w->number = 0;
		__builtin_memset(w->header, 0, sizeof(w->header));
		if (reply)
			out->spoke = 1;
	}
	for (i = 0; i < WALK_WINDOW; i++) {
		unsigned char c;

		if (i >= n)
			break;
		c = p[i];
		if (c == '\n') {
			ended = 1;
			i++;
			break;
		}
		if (c == ' ' || c == '\r')
			memcached_word(w, near);
		else
			memcached_character(w, c);
	}
	/* by way of memory: the verifier is not to follow what comes behind each number of bytes */
	IN_MEMORY(w->last) = i;
	IN_MEMORY(w->held) = ended;
	i = IN_MEMORY(w->last);
	ended = IN_MEMORY(w->held);
	w->held = 0;
	if (ended) {
		memcached_word(w, near);
		if (reply)
			memcached_answered(w, out);
		else
			memcached_asked(w, out);
		w->state &= MEMCACHED_PENDING;
		w->left = 0;
	}
	return i <= WALK_WINDOW ? i : WALK_WINDOW;
}

#endif
