// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_CONN_H
#define SLOE_CONN_H

/* A connection's state: making it, and what the kernel knows of the socket's stream positions. */

#include "clock.h"
#include "kernel.h"
#include "lock.h"
#include "maps.h"
#include "process.h"
#include "verdict.h"

#define MISS 64 /* what an I/O that does not look like a request counts in conn.misses, unless it may be amid a body: then 1 */
#define MISSES_FRESH (4 * MISS)   /* that a connection may have that was seen from its start, or cannot be read */
#define MISSES_MIDWAY (64 * MISS) /* the same of one joined midway: of 64 turns the first I/O, or 4,096 others */

enum direction {
	DIRECTION_RECV = 0,
	DIRECTION_SEND = 1,
};

/* What a socket hook knows of its I/O. */
struct io {
	struct sock *sk;
	struct task_struct *task;
	struct scratch *scratch;
	__u64 now;
	__u64 len;
	__u32 direction;
	__u32 user; /* enum scratch_user */
	__u32 write_seq; /* end of what the application has sent; 0 where it is not known (MPTCP) */
	__u32 copied_seq;
	bool positions; /* write_seq and copied_seq are known */
	bool plain;     /* and count the bytes that the application sees: under kTLS they count others */
	bool is_unix;   /* they are counted by the hooks, not by the kernel */
	struct process_key process;
};

static __always_inline bool is_inet_stream(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;
	__u16 protocol = sk->sk_protocol;

	return (family == AF_INET || family == AF_INET6) && (protocol == IPPROTO_TCP || protocol == IPPROTO_MPTCP);
}

static __always_inline bool is_unix_stream(struct sock *sk)
{
	return sk->__sk_common.skc_family == AF_UNIX && sk->sk_type == SOCK_STREAM;
}

static __always_inline struct tcp_sock *tcp_sock_of(struct sock *sk)
{
	if (sk->__sk_common.skc_family == AF_UNIX)
		return NULL;
	return bpf_skc_to_tcp_sock(sk); /* NULL for MPTCP */
}

/* The same of a socket of which is_inet_stream said yes and that is connected: a call less. */
static __always_inline struct tcp_sock *tcp_stream_of(struct sock *sk)
{
	if (!bpf_rdonly_cast)
		return bpf_skc_to_tcp_sock(sk);
	return sk->sk_protocol == IPPROTO_TCP ? bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock)) : NULL;
}

/* Notes how a connection ends. */
static __always_inline void note_end(struct conn *c, __u32 end)
{
	__sync_fetch_and_or(&c->ended, end);
}

/* Whether the bytes of a connection are sent on as chunks. */
static __always_inline bool is_chunked(__u8 protocol)
{
	return protocol == PROTOCOL_HTTP2 || protocol == PROTOCOL_PIPELINED;
}

/* The protocols that the connection's port says, 0: any. Where no port says one it costs nothing. */
static __always_inline __u8 forced_of(const struct conn *c)
{
	return forces_ports ? c->forced : 0;
}

/* Bytes between the hook of the last send and now: a send is under way whose hook has not run. */
static __always_inline bool send_in_flight(const struct io *io, const struct conn *c)
{
	return io->positions && (__s32)(io->write_seq - c->sent_seq) > 0;
}

/*
 * Whether bytes of requests passed since the last that a hook saw, and before this
 * I/O's: splice took them, or a hook was skipped. While a request is open they are
 * of its body. Unix sockets, MPTCP and kTLS have no positions to tell by. Lock held.
 */
static __always_inline bool requests_unseen(const struct io *io, const struct conn *c)
{
	__s32 unseen;

	if (!io->plain || c->role == ROLE_UNKNOWN || c->phase == PHASE_REQUEST)
		return false;
	if (io->direction == DIRECTION_SEND)
		return (__s32)(io->write_seq - (__u32)io->len - c->sent_seq) > 0;
	unseen = io->copied_seq - (__u32)io->len - c->recv_seq;
	if (unseen == 1 && io->sk->sk_shutdown & RCV_SHUTDOWN)
		return false; /* this I/O read the end of the stream too, which has a number of its own */
	return unseen > 0;
}

/* Lock held. */
static __always_inline void note_positions(const struct io *io, struct conn *c)
{
	if (io->direction == DIRECTION_SEND && send_in_flight(io, c))
		c->sent_seq = io->write_seq;
	if (io->direction == DIRECTION_RECV)
		c->recv_seq = io->copied_seq;
	else if (io->is_unix)
		c->sending = SENDING_NOTHING;
}

/*
 * Stream positions of a Unix socket: the kernel keeps none, so the hooks count.
 * That bytes are on their way is known from their arrival at the peer.
 */
static __always_inline void unix_positions(struct io *io, const struct conn *c)
{
	__u32 sent = c ? c->sent_seq : 0, received = c ? c->recv_seq : 0;

	io->positions = true;
	if (io->direction == DIRECTION_SEND) {
		io->write_seq = sent + (__u32)io->len;
		io->copied_seq = received;
	} else {
		io->write_seq = sent + (c && c->sending);
		io->copied_seq = received + (__u32)io->len;
	}
}

/* Of an Internet socket, also of one that is closed and has given its port back. */
static __always_inline __u16 local_port_of(struct sock *sk)
{
	__u16 port = sk->__sk_common.skc_num;

	return port ? port : bpf_ntohs(BPF_CORE_READ((struct inet_sock *)sk, inet_sport));
}

static __always_inline void read_addresses(struct sock *sk, __u16 *family, __u16 *local_port, __u16 *remote_port,
					   __u8 *local, __u8 *remote)
{
	*family = sk->__sk_common.skc_family;
	if (*family == AF_UNIX) {
		/* its name follows the record: see emit.h */
		*local_port = *remote_port = 0;
		__builtin_memset(local, 0, 16);
		__builtin_memset(remote, 0, 16);
		return;
	}
	*local_port = local_port_of(sk);
	*remote_port = bpf_ntohs(sk->__sk_common.skc_dport);
	if (*family == AF_INET) {
		/* as IPv4-mapped IPv6, so that both kinds compare */
		__builtin_memset(local, 0, 16);
		__builtin_memset(remote, 0, 16);
		local[10] = local[11] = remote[10] = remote[11] = 0xff;
		*(__u32 *)(local + 12) = sk->__sk_common.skc_rcv_saddr;
		*(__u32 *)(remote + 12) = sk->__sk_common.skc_daddr;
		return;
	}
	BPF_CORE_READ_INTO((struct in6_addr *)local, sk, __sk_common.skc_v6_rcv_saddr);
	BPF_CORE_READ_INTO((struct in6_addr *)remote, sk, __sk_common.skc_v6_daddr);
}

/* Notes the addresses with the connection: each record says them. */
static __always_inline void note_endpoints(struct sock *sk, struct conn *c)
{
	struct endpoints *e = &c->endpoints;

	read_addresses(sk, &e->family, &e->local_port, &e->remote_port, e->local_addr, e->remote_addr);
}

/* Writes them into a record, whose remote address stands behind the local one. */
static __always_inline void say_endpoints(const struct conn *c, __u16 *family, __u16 *local_port, __u16 *remote_port, __u8 *addresses)
{
	*family = c->endpoints.family;
	*local_port = c->endpoints.local_port;
	*remote_port = c->endpoints.remote_port;
	__builtin_memcpy(__builtin_assume_aligned(addresses, 8), c->endpoints.local_addr, 32); /* by words, as records are aligned */
}

/* A socket's addresses as its own side sees them. */
static __always_inline void flow_of(struct sock *sk, struct flow *flow)
{
	__u16 family;

	__builtin_memset(flow, 0, sizeof(*flow));
	read_addresses(sk, &family, &flow->local_port, &flow->remote_port, flow->local_addr, flow->remote_addr);
}

/* The same as the other side sees them. */
static __always_inline void peer_flow_of(struct sock *sk, struct flow *flow)
{
	__u16 family;

	__builtin_memset(flow, 0, sizeof(*flow));
	read_addresses(sk, &family, &flow->remote_port, &flow->local_port, flow->remote_addr, flow->local_addr);
}

/*
 * The storage of a socket, zeroed if it is new. NULL: there is no room. Of two hooks
 * that make it at the same time one fails, and finds what the other has made.
 */
static __always_inline struct conn *conn_of(struct sock *sk)
{
	struct conn *c = bpf_sk_storage_get(&connections, sk, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return c ? c : bpf_sk_storage_get(&connections, sk, NULL, 0);
}

/*
 * Makes the state at a socket's first I/O that the agent sees. A connection is
 * fresh if this I/O moved its first bytes; otherwise it was joined midway.
 */
static __always_inline struct conn *make_conn(struct io *io)
{
	struct tcp_sock *tp = tcp_sock_of(io->sk);
	struct conn *c = conn_of(io->sk);
	struct flow flow;

	if (!c) {
		count(LOSS_STORAGE);
		return NULL;
	}
	c->cookie = bpf_get_socket_cookie((void *)io->sk);
	c->flags = CONN_MADE | CONN_MIDWAY;
	note_endpoints(io->sk, c);
	if (io->is_unix)
		return c; /* nothing tells what went over it before */
	c->sent_seq = io->write_seq;
	c->recv_seq = io->copied_seq;
	if (tp) {
		/* bytes_acked counts the SYN in some states: a difference of one is none */
		__u32 first_sent = tp->snd_una - (__u32)tp->bytes_acked;
		__u32 sent = io->write_seq - first_sent;
		__u64 received = tp->bytes_received - (tp->rcv_nxt - io->copied_seq);

		if (io->direction == DIRECTION_SEND && received == 0 && sent <= io->len + 1)
			c->flags = CONN_MADE;
		if (io->direction == DIRECTION_RECV && received <= io->len + 1) {
			if (sent <= 1)
				c->flags = CONN_MADE;
			else
				c->sent_seq = first_sent; /* the response to a request whose hook has not run */
		}
	}
	flow_of(io->sk, &flow);
	if (bpf_map_lookup_elem(&own_flows, &flow))
		c->protocol = PROTOCOL_MUTED;
	else if (filter_generation)
		unwatch_new(io->task, c);
	return c;
}

#endif
