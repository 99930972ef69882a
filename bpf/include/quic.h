// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_QUIC_H
#define SLOE_QUIC_H

/*
 * QUIC cannot be read, and HTTP/3 is spoken over nothing else. That a process serves it
 * must be known of it: each connection that a client begins is counted as one that was
 * not measured, whatever it asks then. A server is known by its port, which it chose.
 */

#include "conn.h"
#include "opaque.h"
#include "payload.h"
#include "../detect/quic.h"

#define QUIC_CONNECTIONS 4096 /* that are told apart from those that were counted already */

/*
 * quic_connections: those that were counted. A client says its first words more than once.
 *   inserts: on_datagram
 *   deletes: the kernel, the ones that were not seen for the longest time
 */
struct quic_connection {
	struct process_key process;
	__u64 id;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, QUIC_CONNECTIONS);
	__type(key, struct quic_connection);
	__type(value, __u8);
} quic_connections SEC(".maps");

/* A datagram was received that is as long as one that begins a connection. Of several that one call takes, the first is looked at. */
static __always_inline void on_datagram(struct sock *sk, __u32 len, int flags, __u32 user)
{
	struct quic_connection connection;
	struct task_struct *task = bpf_get_current_task_btf();
	struct scratch *scratch;
	__u8 one = 1;

	if (flags & (MSG_PEEK | MSG_ERRQUEUE | MSG_OOB) || (__u32)task->tgid == self_tgid)
		return;
	if (!(BPF_CORE_READ_BITFIELD_PROBED(sk, sk_userlocks) & SOCK_BINDPORT_LOCK))
		return;
	scratch = scratch_of(user);
	if (!scratch)
		return;
	scratch->task = (__u64)task;
	scratch->file = file_of(sk);
	scratch->first_will_do = 1;
	connection.id = detect_quic_initial(scratch->payload, read_payload(scratch, PAYLOAD_REQUEST | DETECT_ROOM, 0, len) & PAYLOAD_BYTES);
	scratch->first_will_do = 0;
	if (!connection.id)
		return;
	process_key_of(task, &connection.process);
	if (is_unwanted(sk, ROLE_SERVER, &connection.process))
		return;
	if (bpf_map_update_elem(&quic_connections, &connection, &one, BPF_NOEXIST))
		return;
	meet_process(&connection.process, user, bpf_ktime_get_ns());
	count_unmeasured(&connection.process, ROLE_SERVER, PROTOCOL_UNDECIDED, UNMEASURED_QUIC, 1);
}

#endif
