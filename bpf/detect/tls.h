// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_TLS_H
#define SLOE_DETECT_TLS_H

/*
 * TLS by the header of a record (RFC 8446, section 5.1; RFC 5246, section 6.2.1).
 * What is inside cannot be read, so no more than this is asked: is the connection
 * one whose requests are hidden. A pure function of bytes, compiled as ordinary C
 * in tests too.
 */

#define DETECT_TLS_HEADER 5      /* type, version, length */
#define DETECT_TLS_LENGTH 0x4800 /* 2^14 and 2048 for padding, tag and IV: what TLS 1.2 allows at most */

/*
 * A record's type is one of change_cipher_spec, alert, handshake and application
 * data; its version is 3.1 to 3.4 (3.0 is SSL, which nobody should speak), and it is
 * not empty.
 */
static __always_inline bool detect_tls_record(const unsigned char *p, unsigned int len)
{
	unsigned int length;

	if (len < DETECT_TLS_HEADER)
		return false;
	if (p[0] < 20 || p[0] > 23 || p[1] != 3 || p[2] < 1 || p[2] > 4)
		return false;
	length = (unsigned int)p[3] << 8 | p[4];
	return length > 0 && length <= DETECT_TLS_LENGTH;
}

#endif
