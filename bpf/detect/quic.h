// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_DETECT_QUIC_H
#define SLOE_DETECT_QUIC_H

/*
 * A datagram that begins a connection of QUIC (RFC 9000, sections 14.1 and 17.2; RFC 9369):
 * an Initial packet, which a client fills up. Pure functions of bytes, compiled as ordinary
 * C in tests too. The caller gives a buffer of at least DETECT_QUIC bytes.
 */

#define DETECT_QUIC_LEAST 1200 /* bytes of such a datagram */
#define DETECT_QUIC 64         /* of them that are looked at, and behind them whatever there is */
#define QUIC_CID 20            /* bytes of a connection's id, at most */
#define QUIC_CID_FIRST 8       /* and of the one that a client makes up for its server, at least */

#define QUIC_VERSION_1 0x01000000U /* as it is read: the bytes are in network order */
#define QUIC_VERSION_2 0xcf43336bU

/* What tells the connection of an Initial packet in the first len bytes from others: its client's id of it. 0: it is none. */
static __always_inline unsigned long long detect_quic_initial(const unsigned char *p, unsigned int len)
{
	unsigned int version, to, from;
	unsigned long long id;

	if (len < DETECT_QUIC)
		return 0;
	__builtin_memcpy(&version, p + 1, sizeof(version));
	/* a long header with its fixed bit, and the type of an Initial in that version */
	if (!(version == QUIC_VERSION_1 && (p[0] & 0xf0) == 0xc0) && !(version == QUIC_VERSION_2 && (p[0] & 0xf0) == 0xd0))
		return 0;
	to = p[5];
	if (to > QUIC_CID)
		return 0;
	from = p[6 + to];
	if (from > QUIC_CID)
		return 0;
	if (!from) {
		/* a client without an id of its own is told by the one that it made up for its server */
		if (to < QUIC_CID_FIRST)
			return 0;
		__builtin_memcpy(&id, p + 6, sizeof(id));
	} else {
		__builtin_memcpy(&id, p + 7 + to, sizeof(id));
		if (from < 8)
			id &= ~0ULL >> (64 - 8 * from);
	}
	return id | 1ULL << 63; /* never 0 */
}

#endif
