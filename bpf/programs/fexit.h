// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_FEXIT_H
#define SLOE_FEXIT_H

/*
 * The back-end `fexit`: kernels without the tracepoints of the back-end `socket`.
 * It hooks the exit of the functions that all sends and receives of Internet
 * sockets pass, of MPTCP, kTLS and sockmap too: their arguments are the same on
 * every kernel (those of tcp_recvmsg are not). They pass UDP as well, which
 * on_io leaves at once. Unix stream sockets have two functions of their own.
 *
 * These programs can be preempted: each has a scratch of its own.
 */

#include "../include/io.h"
#include "../include/queue.h"

static __always_inline int on_exit(struct socket *socket, int ret, int flags, __u32 direction, __u32 user)
{
	struct sock *sk = socket->sk;

	if (sk)
		on_io(sk, ret, flags, direction, user);
	return 0;
}

SEC("fexit/inet_sendmsg")
int BPF_PROG(inet_send, struct socket *socket, struct msghdr *msg, size_t size, int ret)
{
	return on_exit(socket, ret, msg->msg_flags & MSG_OOB, DIRECTION_SEND, SCRATCH_SEND);
}

SEC("fexit/inet_recvmsg")
int BPF_PROG(inet_recv, struct socket *socket, struct msghdr *msg, size_t size, int flags, int ret)
{
	return on_exit(socket, ret, flags, DIRECTION_RECV, SCRATCH_RECV);
}

SEC("fexit/inet6_sendmsg")
int BPF_PROG(inet6_send, struct socket *socket, struct msghdr *msg, size_t size, int ret)
{
	return on_exit(socket, ret, msg->msg_flags & MSG_OOB, DIRECTION_SEND, SCRATCH_SEND6);
}

SEC("fexit/inet6_recvmsg")
int BPF_PROG(inet6_recv, struct socket *socket, struct msghdr *msg, size_t size, int flags, int ret)
{
	return on_exit(socket, ret, flags, DIRECTION_RECV, SCRATCH_RECV6);
}

SEC("fexit/unix_stream_sendmsg")
int BPF_PROG(unix_send, struct socket *socket, struct msghdr *msg, size_t size, int ret)
{
	return on_exit(socket, ret, msg->msg_flags & MSG_OOB, DIRECTION_SEND, SCRATCH_SEND_UNIX);
}

SEC("fexit/unix_stream_recvmsg")
int BPF_PROG(unix_recv, struct socket *socket, struct msghdr *msg, size_t size, int flags, int ret)
{
	return on_exit(socket, ret, flags, DIRECTION_RECV, SCRATCH_RECV_UNIX);
}

/* Attached only if queue times are asked for; instead of the tracepoint sk_data_ready. */
SEC("fentry/sock_def_readable")
int BPF_PROG(sock_readable, struct sock *sk)
{
	on_arrival(sk);
	return 0;
}

/* sendfile and splice to a socket, before Linux 6.5: those do not pass the functions above. */
SEC("fexit/tcp_sendpage")
int BPF_PROG(tcp_send_page, struct sock *sk, struct page *page, int offset, size_t size, int flags, int ret)
{
	on_io(sk, ret, 0, DIRECTION_SEND, SCRATCH_SENDPAGE);
	return 0;
}

SEC("fexit/unix_stream_sendpage")
int BPF_PROG(unix_send_page, struct socket *socket, struct page *page, int offset, size_t size, int flags, int ret)
{
	return on_exit(socket, ret, 0, DIRECTION_SEND, SCRATCH_SENDPAGE_UNIX);
}

#endif
