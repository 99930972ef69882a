// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_HTTP1_H
#define SLOE_DETECT_HTTP1_H

/*
 * HTTP/1.x by its first bytes (RFC 9112, sections 3 and 4). Pure functions of
 * bytes, compiled as ordinary C in tests too. The caller gives a buffer of at
 * least DETECT_WINDOW bytes and how many of them are valid.
 */

#define DETECT_METHOD 14 /* letters of a method, at most */
#define DETECT_WINDOW 20 /* a method, a space, and "http" */

enum detected {
	DETECT_NO = 0,   /* cannot be the start of a request */
	DETECT_MORE = 1, /* a prefix of one: not enough bytes to tell */
	DETECT_YES = 2,
};

/* Eight bytes, the first of them the lowest. Of an address that is not known to be aligned the compiler would load each byte for itself. */
static __always_inline unsigned long long detect_word(const unsigned char *p)
{
#ifdef __bpf__
	typedef unsigned long long __attribute__((may_alias)) any_word;

	return *(const any_word *)p;
#else
	unsigned long long word;

	__builtin_memcpy(&word, p, sizeof(word));
	return word;
#endif
}

#define WORD_BYTES(n) (~0ULL >> (64 - 8 * (n))) /* the first of a word */

static __always_inline int detect_is_method_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/* The target behind a method of n letters and a space: p[n + 1] and on. */
static __always_inline int detect_http1_target(const unsigned char *p, unsigned int n, unsigned int len)
{
	const char http[4] = {'h', 't', 't', 'p'};
	unsigned char c = p[n + 1];
	unsigned int k;

	if (n + 1 >= len)
		return DETECT_MORE;
	if (c == '/')
		return DETECT_YES;
	if (c == '*') /* of OPTIONS alone; the preface of HTTP/2 starts with "PRI *" */
		return n == 7 && p[0] == 'O' && p[1] == 'P' && p[2] == 'T' ? DETECT_YES : DETECT_NO;
	if (n == 7 && p[0] == 'C' && p[1] == 'O' && p[2] == 'N' && p[3] == 'N') {
		/* an authority: a name, an address, or one in brackets; NATS sends a CONNECT with JSON */
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '[' || c == '_' ?
			       DETECT_YES : DETECT_NO;
	}
	for (k = 0; k < 4; k++) {
		if (n + 1 + k >= len)
			return DETECT_MORE;
		if ((p[n + 1 + k] | 0x20) != http[k])
			return DETECT_NO;
	}
	return DETECT_YES;
}

#define WORD_GET 0x2f20544547ULL   /* "GET /" */
#define WORD_PUT 0x2f20545550ULL   /* "PUT /" */
#define WORD_POST 0x2f2054534f50ULL /* "POST /" */
#define WORD_HEAD 0x2f2044414548ULL /* "HEAD /" */
#define WORD_PATCH 0x2f204843544150ULL /* "PATCH /" */
#define WORD_DELETE 0x2f204554454c4544ULL /* "DELETE /" */

/* Whether the first eight bytes begin one of the usual requests, which are known at once. */
static __always_inline int detect_http1_usual(unsigned long long word)
{
	unsigned long long five = word & WORD_BYTES(5), six = word & WORD_BYTES(6);

	return five == WORD_GET || six == WORD_POST || five == WORD_PUT || six == WORD_HEAD || (word & WORD_BYTES(7)) == WORD_PATCH ||
	       word == WORD_DELETE;
}

/*
 * A request line is a method, a space and a target: origin-form starts with
 * '/', asterisk-form is the '*' of OPTIONS, absolute-form starts with "http" in
 * any case, CONNECT takes an authority. Methods are not listed: WebDAV and
 * extensions are requests too.
 */
static __always_inline int detect_http1_request(const unsigned char *p, unsigned int len)
{
	unsigned int i;

	if (len == 0)
		return DETECT_MORE;
	if (len >= 8 && detect_http1_usual(detect_word(p)))
		return DETECT_YES;
	if (p[0] < 'A' || p[0] > 'Z')
		return DETECT_NO;
	for (i = 1; i <= DETECT_METHOD; i++) {
		if (i >= len)
			return DETECT_MORE;
		if (p[i] == ' ')
			return i < 3 ? DETECT_NO : detect_http1_target(p, i, len); /* the shortest methods have three letters */
		if (!detect_is_method_char(p[i]))
			return DETECT_NO;
	}
	return DETECT_NO;
}

#define DETECT_HEAD 256     /* bytes that are searched for the end of a head */
#define DETECT_HEAD_OVER 10 /* that the buffer has behind them, whatever is in it */

#define EACH_BYTE(b) (0x0101010101010101ULL * (b))

/* Has the highest bit of each byte of a word that is zero, and no other. */
static __always_inline unsigned long long detect_zero_bytes(unsigned long long word)
{
	return ~(((word & EACH_BYTE(0x7f)) + EACH_BYTE(0x7f)) | word) & EACH_BYTE(0x80);
}

/* Which byte of a little-endian word the first of these is: the one bit, in front of the numbers of all bytes. */
static __always_inline unsigned int detect_first_of(unsigned long long bytes)
{
	return ((bytes & -bytes) >> 7) * 0x0001020304050607ULL >> 56;
}

/*
 * Behind the empty line that ends a head, 0: it is not within the first len bytes, or
 * DETECT_HEAD. Eight bytes at a time: text has no control characters but the ends of
 * its lines, and all others have one of the bits 0x20 and 0x40.
 */
static __always_inline unsigned int detect_http1_head_end(const unsigned char *p, unsigned int len)
{
	unsigned int i, end;

	for (i = 0; i < DETECT_HEAD && i < len; i += 8) {
		unsigned long long word = detect_word(p + i), found;

		if (((word | word << 1) & EACH_BYTE(0x40)) == EACH_BYTE(0x40))
			continue;
		/* where the end of a line is followed by an empty one */
		found = detect_zero_bytes((word ^ EACH_BYTE('\n')) | (detect_word(p + i + 1) ^ EACH_BYTE('\r')) |
					  (detect_word(p + i + 2) ^ EACH_BYTE('\n')));
		if (!found)
			continue;
		end = i + detect_first_of(found) + 3;
		return end <= len ? end : 0;
	}
	return 0;
}

/* A status line is "HTTP/1." digit space three digits; 12 bytes decide. */
#define DETECT_STATUS_LINE 12
#define WORD_HTTP_1 0x2e312f50545448ULL /* "HTTP/1." */

static __always_inline int detect_http1_response(const unsigned char *p, unsigned int len)
{
	const char want[7] = {'H', 'T', 'T', 'P', '/', '1', '.'};
	unsigned int i;

	if (len >= DETECT_STATUS_LINE)
		return (detect_word(p) & WORD_BYTES(7)) == WORD_HTTP_1 ? DETECT_YES : DETECT_NO;
	for (i = 0; i < 7; i++) {
		if (i >= len)
			return DETECT_MORE;
		if (p[i] != (unsigned char)want[i])
			return DETECT_NO;
	}
	return DETECT_MORE;
}

/* The status code of a status line that detect_http1_response said yes to; 0: not a number. */
static __always_inline unsigned int detect_http1_status(const unsigned char *p)
{
	unsigned int a = p[9] - '0', b = p[10] - '0', c = p[11] - '0';

	if (p[8] != ' ' || a > 9 || b > 9 || c > 9 || a == 0)
		return 0;
	return a * 100 + b * 10 + c;
}

#define DETECT_FIELD_OVER 64 /* bytes behind a head that the buffer has, whatever is in them */

/* detect_http1_field's words of the names that are sought. */
#define FIELD_CONTENT_TYPE WORD_CONTENT_, WORD_BYTES(8), WORD_TYPE, WORD_BYTES(5)
#define FIELD_PREFER WORD_PREFER_, WORD_BYTES(7), 0, 0

/* Eight letters of a name in lower case. All characters of the names sought have the bit 0x20. */
static __always_inline unsigned long long detect_lower_word(const unsigned char *p)
{
	return detect_word(p) | EACH_BYTE(0x20);
}

#define WORD_TYPE 0x3a65707974ULL          /* "type:" */
#define WORD_TEXT_EVE 0x6576652f74786574ULL /* "text/eve" */
#define WORD_NT_STREA 0x61657274732d746eULL /* "nt-strea" */
#define WORD_PREFER_ 0x3a726566657270ULL   /* "prefer:" */
#define WORD_WAIT 0x3d74696177ULL          /* "wait=" */
#define WORD_CONTENT_ 0x2d746e65746e6f63ULL /* "content-" */

/* Whether the field at p, Content-Type, of which left bytes are valid, is that of server-sent events. */
static __always_inline int detect_is_events_field(const unsigned char *p, unsigned int left)
{
	unsigned int value = 13 + (p[13] == ' ');
	unsigned char behind;

	if (detect_lower_word(p + value) != WORD_TEXT_EVE || detect_lower_word(p + value + 8) != WORD_NT_STREA)
		return 0;
	behind = p[value + 17];
	return (p[value + 16] | 0x20) == 'm' && value + 17 < left && (behind == '\r' || behind == ';' || behind == ' ');
}

#define DETECT_PREFERENCES 40 /* bytes of a field that are looked at */

/* Whether the field at p, Prefer, of which left bytes are valid, asks the server to wait (RFC 7240, sections 2 and 4.3). */
static __always_inline int detect_is_long_poll_field(const unsigned char *p, unsigned int left)
{
	unsigned int i;

	for (i = 7; i < DETECT_PREFERENCES && i + 6 <= left; i++) {
		unsigned char before = p[i - 1] == ' ' ? p[i - 2] : p[i - 1];

		if (p[i] == '\r')
			return 0;
		/* the first of the field, or of those behind a comma; else it is a parameter of another */
		if ((before == ':' || before == ',') && (detect_lower_word(p + i) & WORD_BYTES(5)) == WORD_WAIT)
			return p[i + 5] >= '1' && p[i + 5] <= '9';
	}
	return 0;
}

/*
 * Where the first field of a name stands, which is two words under masks, in the first len
 * bytes of a head, or room; 0: there is none. Within eight bytes no more than two lines of
 * fields end.
 */
static __always_inline unsigned int detect_http1_field(const unsigned char *p, unsigned int len, unsigned int room, unsigned long long first,
						       unsigned long long first_mask, unsigned long long second,
						       unsigned long long second_mask)
{
	unsigned int i, k, at;

	for (i = 0; i < room && i < len; i += 8) {
		unsigned long long ends = detect_zero_bytes(detect_word(p + i) ^ EACH_BYTE('\n'));

		for (k = 0; k < 2 && ends; k++, ends &= ends - 1) {
			at = i + (detect_first_of(ends) & 7) + 1;
			if ((detect_lower_word(p + at) & first_mask) == first && (detect_lower_word(p + at + 8) & second_mask) == second)
				return at < len ? at : 0;
			if (p[at] == '\r')
				return 0; /* the end of the head */
		}
	}
	return 0;
}

#endif
