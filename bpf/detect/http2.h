// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_HTTP2_H
#define SLOE_DETECT_HTTP2_H

/*
 * HTTP/2 (RFC 9113) by its frames. Pure functions of bytes, compiled as ordinary C
 * in tests too.
 *
 * A walk goes from frame header to frame header over one direction of a
 * connection, in pieces of any size. It knows by arithmetic where the next header
 * is, and that payload need not be looked at. A connection whose preface was not
 * seen is known by headers that prove each other: one stands where the one before
 * said that it would.
 */

#define HTTP2_HEAD 9      /* bytes of a frame header (section 4.1) */
#define HTTP2_PROVEN 3    /* so many headers in a row are no accident */
#define HTTP2_PREFACE 255 /* instead of a type: the client's preface (section 3.4) */

#define HTTP2_PREFACE_LENGTH 24
#define HTTP2_ROOM 16384 /* the largest frame that a peer may send unasked (section 4.2) */

#define HTTP2_DATA 0
#define HTTP2_HEADERS 1
#define HTTP2_PRIORITY 2
#define HTTP2_RST_STREAM 3
#define HTTP2_SETTINGS 4
#define HTTP2_PUSH_PROMISE 5
#define HTTP2_PING 6
#define HTTP2_GOAWAY 7
#define HTTP2_WINDOW_UPDATE 8
#define HTTP2_CONTINUATION 9

#define HTTP2_FLAG_ACK 0x1
#define HTTP2_FLAG_END_STREAM 0x1
#define HTTP2_FLAG_END_HEADERS 0x4
#define HTTP2_FLAG_PADDED 0x8
#define HTTP2_FLAG_PRIORITY 0x20

/* Where a walk is. Zeroed: before a header, of which nothing proves that it is one. */
struct http2_walk {
	unsigned int left;      /* bytes of the frame's payload that are still to come */
	unsigned char type;     /* of that frame */
	unsigned char proven;   /* headers in a row that were sound, at most HTTP2_PROVEN */
	unsigned char head_len; /* bytes of a header that was cut */
	unsigned char flags;    /* of that frame */
	unsigned char head[16];
};

/*
 * Whether a header could be one. Its length must suit its type, and its stream
 * must. Strictly, of what is not proven yet: no flag that the type does not have,
 * no type that the RFC does not have, no frame that a peer must first allow, no
 * stream that a server opened. None of these is forbidden on a known connection.
 */
static __always_inline int http2_is_sound(const unsigned char *h, int strict)
{
	unsigned int len = h[0] << 16 | h[1] << 8 | h[2];
	unsigned int stream = (unsigned int)(h[5] & 0x7f) << 24 | h[6] << 16 | h[7] << 8 | h[8];
	unsigned int flags = 0, sound;

	switch (h[3]) {
	case HTTP2_DATA:
		sound = stream != 0;
		flags = HTTP2_FLAG_END_STREAM | HTTP2_FLAG_PADDED;
		break;
	case HTTP2_HEADERS:
		sound = stream != 0 && len > 0;
		flags = HTTP2_FLAG_END_STREAM | HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_PADDED | HTTP2_FLAG_PRIORITY;
		break;
	case HTTP2_PRIORITY:
		sound = stream != 0 && len == 5;
		break;
	case HTTP2_RST_STREAM:
		sound = stream != 0 && len == 4;
		break;
	case HTTP2_SETTINGS:
		sound = stream == 0 && len % 6 == 0 && !(h[4] & HTTP2_FLAG_ACK && len);
		flags = HTTP2_FLAG_ACK;
		break;
	case HTTP2_PUSH_PROMISE:
		sound = stream != 0 && len > 4;
		flags = HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_PADDED;
		break;
	case HTTP2_PING:
		sound = stream == 0 && len == 8;
		flags = HTTP2_FLAG_ACK;
		break;
	case HTTP2_GOAWAY:
		sound = stream == 0 && len >= 8;
		break;
	case HTTP2_WINDOW_UPDATE:
		sound = len == 4;
		break;
	case HTTP2_CONTINUATION:
		sound = stream != 0;
		flags = HTTP2_FLAG_END_HEADERS;
		break;
	default:
		sound = !strict && len <= HTTP2_ROOM; /* to be ignored (section 5.5); a large one is more likely none */
		break;
	}
	if (!strict)
		return sound;
	return sound && !(h[4] & ~flags) && !(h[5] & 0x80) && len <= HTTP2_ROOM && (stream == 0 || stream & 1);
}

/* The first nine bytes of the client's preface, where a frame header would be. */
static __always_inline int http2_is_preface(const unsigned char *h)
{
	/* without a branch a byte: a verifier would look at each path */
	return ((h[0] ^ 'P') | (h[1] ^ 'R') | (h[2] ^ 'I') | (h[3] ^ ' ') | (h[4] ^ '*') | (h[5] ^ ' ') | (h[6] ^ 'H') |
		(h[7] ^ 'T') | (h[8] ^ 'T')) == 0;
}

struct http2_head {
	unsigned char byte[HTTP2_HEAD];
};

/* For a verifier that is to look at it once, not on every path to it. */
#ifndef HTTP2_APART
#define HTTP2_APART static __always_inline
#endif

/* Takes a header. Returns whether the walk goes on. */
HTTP2_APART int http2_take_head(struct http2_walk *w, const struct http2_head *head)
{
	const unsigned char *h;

	if (!w || !head)
		return 0;
	h = head->byte;
	if (http2_is_preface(h)) {
		w->left = HTTP2_PREFACE_LENGTH - HTTP2_HEAD;
		w->type = HTTP2_PREFACE;
		w->flags = 0;
		w->proven = HTTP2_PROVEN;
		return 1;
	}
	if (!http2_is_sound(h, w->proven < HTTP2_PROVEN)) {
		w->left = 0;
		w->proven = 0;
		return 0;
	}
	w->left = h[0] << 16 | h[1] << 8 | h[2];
	w->type = h[3];
	w->flags = h[4];
	/* an empty frame proves little: zeros are common */
	if (w->proven < HTTP2_PROVEN && (w->left || w->proven))
		w->proven++;
	return 1;
}

/*
 * Takes one step over the n > 0 bytes at p, of which HTTP2_HEAD may be read in any
 * case: to the end of a frame, or over a header. Returns how many bytes that are;
 * 0: what stands here is no header.
 */
static __always_inline unsigned int http2_step(struct http2_walk *w, const unsigned char *p, unsigned int n)
{
	if (w->left) {
		unsigned int taken = w->left < n ? w->left : n;

		w->left -= taken;
		return taken;
	}
	if (!w->head_len && n >= HTTP2_HEAD)
		return http2_take_head(w, (const struct http2_head *)p) ? HTTP2_HEAD : 0;
	/* a header that was cut: byte by byte */
	w->head[w->head_len & 15] = p[0];
	w->head_len++;
	if (w->head_len < HTTP2_HEAD)
		return 1;
	w->head_len = 0;
	return http2_take_head(w, (const struct http2_head *)w->head) ? 1 : 0;
}

/* Forgets where the walk is: the next bytes are taken for a header that is to be proven. */
static __always_inline void http2_lose(struct http2_walk *w)
{
	w->left = 0;
	w->proven = 0;
	w->head_len = 0;
}

/* Bytes that were not seen went by. */
static __always_inline void http2_miss(struct http2_walk *w, unsigned int n)
{
	if (n && !w->head_len && n <= w->left)
		w->left -= n;
	else if (n)
		http2_lose(w);
}

/* What makes a connection one of HTTP/2. */
enum http2_claim {
	HTTP2_CLAIM_NONE = 0,
	HTTP2_CLAIM_CLIENT,   /* the client's preface */
	HTTP2_CLAIM_SERVER,   /* the server's: SETTINGS, the first bytes of a connection */
	HTTP2_CLAIM_MIDWAY,   /* frames that prove each other */
};

/* The first bytes of a client, all 24 of them. */
static __always_inline int http2_claim_client(const unsigned char *p, unsigned int n)
{
	const char want[HTTP2_PREFACE_LENGTH + 1] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	unsigned int i, differ = 0;

	if (n < HTTP2_PREFACE_LENGTH)
		return 0;
	for (i = 0; i < HTTP2_PREFACE_LENGTH; i++)
		differ |= p[i] ^ (unsigned char)want[i];
	return differ == 0;
}

/*
 * The first bytes of a server: SETTINGS that are not empty, and whose first
 * identifier is one that is in use (section 6.5.2; 8 and 9 are of RFC 8441 and
 * RFC 9218).
 */
static __always_inline int http2_claim_server(const unsigned char *p, unsigned int n)
{
	if (n < HTTP2_HEAD + 6)
		return 0;
	if (p[0] || p[1] || p[2] < 6 || p[3] != HTTP2_SETTINGS || p[4] || p[5] || p[6] || p[7] || p[8])
		return 0;
	return p[2] % 6 == 0 && p[9] == 0 && p[10] >= 1 && p[10] <= 9;
}

/*
 * A HEADERS frame alone that is as long as its I/O of total bytes, and begins with
 * a pseudo-header of the static table (RFC 7541, appendix A: 2 to 14) or with the
 * size of the dynamic one.
 */
static __always_inline int http2_is_lone_headers(const unsigned char *p, unsigned int n, unsigned int total)
{
	unsigned int first = HTTP2_HEAD;

	if (n < HTTP2_HEAD + 6 || p[3] != HTTP2_HEADERS || !http2_is_sound(p, 1))
		return 0;
	if ((unsigned int)(p[0] << 16 | p[1] << 8 | p[2]) + HTTP2_HEAD != total)
		return 0;
	if ((p[4] & (HTTP2_FLAG_END_HEADERS | HTTP2_FLAG_PADDED)) != HTTP2_FLAG_END_HEADERS)
		return 0;
	if (p[4] & HTTP2_FLAG_PRIORITY)
		first += 5;
	return (p[first] >= 0x82 && p[first] <= 0x8e) || (p[first] & 0xe0) == 0x20;
}

/*
 * Whether what a walk found up to the end of an I/O of total bytes proves that it
 * is one over frames: three headers, or two and nothing left open, or two of which
 * the second was an I/O of its own (as programs do that read a header to learn how
 * much to read next).
 */
static __always_inline int http2_is_proven(const struct http2_walk *w, unsigned int total)
{
	if (w->proven >= HTTP2_PROVEN)
		return 1;
	return w->proven == HTTP2_PROVEN - 1 && !w->head_len && (!w->left || total == HTTP2_HEAD);
}

#endif
