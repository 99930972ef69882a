// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_HTTP1_H
#define SLOE_DETECT_HTTP1_H

/*
 * HTTP/1.x by its first bytes (RFC 9112, sections 3 and 4). Pure functions of
 * bytes, compiled as ordinary C in tests too. The caller gives a buffer of at
 * least DETECT_WINDOW bytes and how many of them are valid.
 */

#define DETECT_WINDOW 16

enum detected {
	DETECT_NO = 0,   /* cannot be the start of a request */
	DETECT_MORE = 1, /* a prefix of one: not enough bytes to tell */
	DETECT_YES = 2,
};

static __always_inline int detect_is_method_char(unsigned char c)
{
	return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

/*
 * A request line is a method, a space and a target: origin-form starts with
 * '/', asterisk-form is '*', absolute-form starts with "http" in any case.
 * CONNECT takes an authority, which may start with anything. Methods are not
 * listed: WebDAV and extensions are requests too.
 */
static __always_inline int detect_http1_request(const unsigned char *p, unsigned int len)
{
	unsigned int i;

	if (len == 0)
		return DETECT_MORE;
	if (p[0] < 'A' || p[0] > 'Z')
		return DETECT_NO;
	for (i = 1; i < DETECT_WINDOW - 1; i++) {
		if (i >= len)
			return DETECT_MORE;
		if (p[i] == ' ') {
			unsigned char c = p[i + 1];

			if (i < 3)
				return DETECT_NO; /* the shortest methods have three letters */
			if (i + 1 >= len)
				return DETECT_MORE;
			if (c == '/' || c == '*' || c == 'h' || c == 'H')
				return DETECT_YES;
			return p[0] == 'C' && p[1] == 'O' && p[2] == 'N' && p[3] == 'N' && i == 7 ? DETECT_YES : DETECT_NO;
		}
		if (!detect_is_method_char(p[i]))
			return DETECT_NO;
	}
	return DETECT_NO;
}

/* A status line is "HTTP/1." digit space three digits; 12 bytes decide. */
#define DETECT_STATUS_LINE 12

static __always_inline int detect_http1_response(const unsigned char *p, unsigned int len)
{
	const char want[7] = {'H', 'T', 'T', 'P', '/', '1', '.'};
	unsigned int i;

	for (i = 0; i < 7; i++) {
		if (i >= len)
			return DETECT_MORE;
		if (p[i] != (unsigned char)want[i])
			return DETECT_NO;
	}
	return len < DETECT_STATUS_LINE ? DETECT_MORE : DETECT_YES;
}

/* The status code of a status line that detect_http1_response said yes to; 0: not a number. */
static __always_inline unsigned int detect_http1_status(const unsigned char *p)
{
	unsigned int a = p[9] - '0', b = p[10] - '0', c = p[11] - '0';

	if (p[8] != ' ' || a > 9 || b > 9 || c > 9 || a == 0)
		return 0;
	return a * 100 + b * 10 + c;
}

#endif
