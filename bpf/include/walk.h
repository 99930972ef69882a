// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_WALK_H
#define SLOE_WALK_H

/*
 * Protocols whose messages tell their lengths are walked along in the kernel, from
 * header to header: so the operations of a turn are counted however deep it is
 * pipelined, and the answers with them, while no more is copied than of any other.
 */

#include "kernel.h"
#include "maps.h"
#include "payload.h"
#include "../detect/redis.h"
#include "../detect/postgresql.h"
#include "../detect/mysql.h"
#include "../detect/memcached.h"

#define WALK_STEPS 4096 /* messages of one I/O that are walked, at most: some 8 bytes each of a usual buffer */
#define WALK_REPLY 0x100 /* the direction, beside the protocol */

static __always_inline bool is_walked(__u8 protocol)
{
	return protocol >= PROTOCOL_REDIS && protocol <= PROTOCOL_MEMCACHED;
}

static __always_inline bool is_mysql(__u8 protocol)
{
	return protocol == PROTOCOL_MYSQL || protocol == PROTOCOL_MARIADB;
}

/* Moves on to the next part of the program's buffers. */
static __always_inline bool next_part(struct scratch *s)
{
	struct user_iovec v;

	if (!s->base || !s->iovec_count || bpf_probe_read_user(&v, sizeof(v), (void *)s->iovecs))
		return false;
	s->iovec_count--;
	s->iovecs += sizeof(v);
	s->base = v.base;
	s->part_start = s->part_end;
	s->part_end += v.len < 1 << 30 ? (__u32)v.len : 1 << 30;
	return true;
}

/* Whether the next window is among what was copied already. */
static __always_inline bool is_captured(const struct walk_loop *l)
{
	return l->off + WALK_WINDOW <= l->captured || l->captured == l->len;
}

/* Puts the next n bytes into scratch->window: from what was copied already, or from the program's buffer. */
static __always_inline bool look(struct scratch *s, __u32 n)
{
	struct walk_loop *l = &s->loop;

	if (is_captured(l)) {
		__u32 from = l->at + l->off;

		barrier_var(from); /* else the mask is optimised away, and the verifier does not see the bound */
		from &= RESPONSE_PREFIX - 1;
		__builtin_memcpy(s->window, s->payload + from, WALK_WINDOW);
		return true;
	}
	if (!s->base)
		return false;
	barrier_var(n);
	n &= 2 * WALK_WINDOW - 1;
	if (n > WALK_WINDOW)
		return false;
	return !bpf_probe_read_user(s->window, n, (void *)s->base + (l->off - s->part_start));
}

struct walk_context {
	struct scratch *scratch;
	bool found;
};

static long walk_on(__u32 i, struct walk_context *context)
{
	struct scratch *s = context->scratch;
	struct walk_loop *l = &s->loop;
	struct walk *w = &s->pace;
	__u32 left = l->len - l->off, n, took;

	if (w->lost || !left || left > l->len)
		return 1;
	if (!w->skip) {
		n = left < WALK_WINDOW ? left : WALK_WINDOW;
		if (!is_captured(l)) {
			if (l->off >= s->part_end) {
				if (next_part(s))
					return 0;
				walk_lose(w);
				return 1;
			}
			if (n > s->part_end - l->off) /* the rest of it is in the next part */
				n = s->part_end - l->off;
		}
		if (!look(s, n)) {
			walk_lose(w);
			return 1;
		}
		switch (l->what) {
		case PROTOCOL_REDIS:
			took = redis_step(w, s->window, n, &s->walked, 0);
			break;
		case PROTOCOL_REDIS | WALK_REPLY:
			took = redis_step(w, s->window, n, &s->walked, 1);
			break;
		case PROTOCOL_POSTGRESQL:
			took = postgresql_step(w, s->window, n, &s->walked, 0);
			break;
		case PROTOCOL_POSTGRESQL | WALK_REPLY:
			took = postgresql_step(w, s->window, n, &s->walked, 1);
			break;
		case PROTOCOL_MYSQL:
		case PROTOCOL_MARIADB:
			took = mysql_step(w, s->window, n, &s->walked, 0);
			break;
		case PROTOCOL_MEMCACHED:
			took = memcached_step(w, s->window, n, &s->walked, 0);
			break;
		case PROTOCOL_MEMCACHED | WALK_REPLY:
			took = memcached_step(w, s->window, n, &s->walked, 1);
			break;
		default:
			took = mysql_step(w, s->window, n, &s->walked, 1);
		}
		l->off += took;
		left -= took;
	}
	n = w->skip < left ? w->skip : left;
	l->off += n;
	w->skip -= n;
	return 0;
}

/*
 * Walks scratch->pace over an I/O of len bytes, of which the first captured are in
 * scratch->payload at `at`. What it comes by is in scratch->walked. Returns whether
 * the walk is in step.
 */
__noinline int walk_io(struct scratch *scratch, __u32 what, __u64 len, __u32 at, __u32 captured)
{
	struct walk_context context = {scratch};
	struct walk_loop *l;

	if (!scratch)
		return 0;
	l = &scratch->loop;
	l->what = what;
	l->len = len;
	l->off = 0;
	l->at = at;
	l->captured = captured;
	__builtin_memset(&scratch->walked, 0, sizeof(scratch->walked));
	if (len > 1 << 30 || at >= RESPONSE_PREFIX || at + captured > RESPONSE_PREFIX) {
		walk_lose(&scratch->pace);
		return 0;
	}
	bpf_loop(WALK_STEPS, walk_on, &context, 0);
	if (l->off != l->len)
		walk_lose(&scratch->pace);
	return !scratch->pace.lost;
}

#endif
