// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_MAPS_H
#define SLOE_MAPS_H

#define HTTP2_APART __noinline
#include "../detect/http2.h"
#include "records.h"
#include "../detect/walk.h"

#define MAX_PROCESSES 16384
#define MAX_AGGREGATES 8192
#define MAX_OWN_FLOWS 4096

/* What detection and the status need of the bytes: a short interim response and the status line behind it. */
#define DETECT_ROOM 64

/* Set before loading. */
const volatile __u32 wakeup_bytes = 0;                    /* wake the reader at this much unread data */
const volatile __u32 latency_edge_count = 0;              /* used entries of latency_edges */
const volatile __u64 latency_edges[MAX_LATENCY_EDGES] = {}; /* ns, ascending */
const volatile __u64 stuck_after_ns = 0;
const volatile __u32 take_chunks = 0; /* whether user space reads protocols that multiplex */
const volatile __u32 wanted_protocols = ~0U; /* a bit for each enum protocol */
const volatile __u32 forces_ports = 0; /* whether forced_ports names any */
const volatile __u32 kernel_locks = 0; /* hooks may be preempted: see lock.h */

/* The collector's own process, in the initial pid namespace: written by the program learn_self. */
__u32 self_tgid = 0;
/* When the hooks were about to be attached: written by the same. */
__u64 attached_ns = 0;
/* Where a task's saved user registers are, from its stack's address on: the same for all tasks. Written by the same. */
__u64 registers_at = 0;
/*
 * The socket by which the collector finds out, as it starts, whether TCP looks at the clock when
 * bytes are read from it (all kernels known do), and what it found: see clock.h.
 */
__u64 clock_cookie = 0;
bool reads_refresh = false;
/* Set once a Unix socket carries a protocol of interest: such sockets are to be looked after. */
bool unix_seen = false;

/*
 * connections: state of one connection, kept with its socket and freed with it.
 *   inserts: the socket hooks, at a socket's first I/O
 *   reads:   the socket hooks, the end-of-connection hooks, the iterator
 *   deletes: the kernel, with the socket
 * Charged to the application's socket option memory: keep it under 2 KiB.
 */
struct request {
	__u64 start_ns;
	__u64 queue_ns; /* if EXCHANGE_QUEUE_KNOWN */
	__u64 last_ns;
	__u64 bytes;
	__u32 tcp_seq;
	__u32 tid;
	__u16 len; /* captured bytes */
	__u16 flags;
	__u32 detected; /* enum detected of data */
	__u32 operations; /* see struct walked */
	__u32 turns;
	__u32 kinds;
	__u32 pad;
	__u8 data[REQUEST_PREFIX];
};

enum phase {
	PHASE_IDLE = 0,     /* nothing asked yet */
	PHASE_PARTIAL = 1,  /* bytes that may become a request */
	PHASE_REQUEST = 2,  /* open: asked, not answered */
	PHASE_RESPONSE = 3, /* answered; the response may go on */
};

/* How a connection ends, as its socket's state tells, in softirq. */
enum conn_end {
	END_PEER_CLOSED = 1, /* FIN from the peer */
	END_RESET = 2,       /* RST from the peer, or timed out */
	END_SELF_CLOSED = 4, /* chunk mode: this side closed first */
};

enum conn_flag {
	CONN_MIDWAY = 4,      /* older than the agent */
	CONN_DEFERRED = 8,    /* answered after the peer closed: its fate is decided at the end */
	CONN_TAIL_DUE = 16,   /* more of the response was seen since the record */
	CONN_LENGTH_KNOWN = 32,
	CONN_CHUNKED = 64,
	CONN_OWN = 128,       /* a connection of the collector itself */
	CONN_END_UNTOLD = 256, /* no final tail was sent of the last response */
	CONN_MADE = 512,       /* an I/O was seen: before it, only the arrivals mean something */
	CONN_FROM_START = 1 << 16, /* chunk mode: nothing of the protocol was missed */
	CONN_END_TOLD = 1 << 18,   /* chunk mode: the end of the connection was sent */
	CONN_TLS = 2048,       /* something that looks like a record of TLS passed */
	CONN_UNREADABLE = 4096, /* bytes passed that could not be read */
	CONN_MAY_END = 16384,  /* the last bytes of the response may be the end of a chunked body */
	CONN_OPAQUE = 8192,    /* given up, and its turns are counted: see opaque.h */
	CONN_COMPLETE = 1 << 20, /* the last response is whole, by the lengths in it */
	CONN_MISSED_SENT = 1 << 21,     /* of a connection of which nothing is known: bytes were sent that are no request, */
	CONN_MISSED_RECEIVED = 1 << 22, /* and received */
	CONN_PIPELINES = 1 << 23, /* HTTP/1: more than one request was open at once: see pipeline.h */
	CONN_END_SEEN = 1024,  /* Unix sockets: a walk found it open at a client whose server had closed */
};

/* Where one direction of a connection in chunk mode is. Written by the hook of that direction alone. */
struct chunk_walk {
	struct http2_walk frames;
	__u32 next; /* position behind the last I/O */
	__u8 started; /* there was one */
	__u8 pad[3];
};

/* Arrivals of bytes that are not read yet: see queue.h. Positions are TCP sequence numbers. */
struct arrivals {
	__u64 first_ns;
	__u64 second_ns;
	__u32 first;   /* where the first arrival begins */
	__u32 second;  /* the second, if two or more are held */
	__u32 unknown; /* from here on nothing is known, if three are held */
	__u32 end;     /* behind the last byte that arrived */
	__u32 held;
	__u32 changes; /* odd while the others are being written */
};

/* The addresses of both ends, laid out as in the records. */
struct endpoints {
	__u16 family;
	__u16 local_port;
	__u16 remote_port;
	__u16 pad;
	__u8 local_addr[16];
	__u8 remote_addr[16];
};

/* Whether the side of a Unix socket is in a system call that sends, as far as its hooks tell. */
enum sending {
	SENDING_NOTHING = 0,
	SENDING_UNTOLD = 1, /* bytes are on their way */
	SENDING_TOLD = 2,   /* and when the first of them arrived is noted, if it is known */
};

struct conn {
	struct bpf_spin_lock lock; /* see lock.h */
	__u8 role;
	__u8 protocol;
	__u8 phase;
	__u8 partial_dir;   /* direction of the bytes in PHASE_PARTIAL while the role is unknown */
	__u32 flags;
	__u32 sequence;
	__u32 misses;       /* I/Os that did not look like a request, see MISS */
	__u32 sent_seq;     /* write_seq at the last send hook */
	__u32 verdict_generation; /* of the verdict on process that holds for this connection, 0: none does */
	__u32 recv_seq;     /* how far the receive hooks saw the stream; of Unix sockets: bytes */
	__u8 sending;       /* Unix sockets: enum sending; written by the sender alone */
	__u8 likely_role;   /* until its role is known, and of CONN_OPAQUE: enum role by what kind of socket it is, or by its port */
	__u8 replied;       /* the same: bytes went the other way since the last turn began */
	__u8 untold;        /* exchanges that its process was not told of: see process.h. Written by the hook of requests alone */
	__u32 turns;        /* of an undecided connection and of CONN_OPAQUE */
	__u64 held;         /* see lock.h */
	__u64 ended;        /* enum conn_end. Written by atomic operations */
	__u64 cookie;
	struct endpoints endpoints;
	struct process_key process;
	/* the response so far */
	__u64 response_ns;
	__u64 response_last_ns;
	__u64 response_bytes;
	__u64 response_length; /* head and body, if CONN_LENGTH_KNOWN */
	__u64 tail_ns;         /* when the last tail was sent */
	__u32 response_ios;
	__u16 response_len;
	__u16 status;
	__u16 response_flags;
	__u8 recorded;      /* the last answered exchange got a record: its tails are wanted */
	__u8 pad;
	__u32 response_seq;
	/* a response whose request's hook has not run yet */
	__u64 early_ns;
	__u64 early_bytes;
	__u32 early_write_seq; /* what had been written when it came */
	__u16 early_len;
	__u16 early_status;
	/* protocols that are walked along: where each direction is, and what the response has so far */
	struct walk ask;
	struct walk say;
	__u32 ends;     /* of turns */
	__u32 answered;
	__u32 failed;
	__u32 asides; /* turns without an operation so far */
	struct walk early_say;
	struct walked early_walked; /* of a response whose request's hook has not run yet */
	__u8 forced;    /* a bit for each enum protocol that its port says, 0: any: see forced.h */
	__u8 pad_forced[3];
	struct arrivals arrivals;
	struct chunk_walk walks[2]; /* by enum direction */
	struct request current;
	struct request next; /* a request read while the response before it was still being sent */
	__u8 response[RESPONSE_PREFIX];
};

struct {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct conn);
} connections SEC(".maps");

/*
 * records: exchange_record and tail_record, in order of their ends.
 *   inserts: the socket hooks and the end-of-connection hooks
 *   reads and deletes: the receiver's reader
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* set before loading */
} records SEC(".maps");

/*
 * aggregates: the exchanges whose record could not be placed. Cumulative: the
 * receiver reads and subtracts, since reading and deleting loses updates.
 *   inserts: emit.h
 *   reads:   the receiver, at every interval
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct {
	/* allocated in advance: the kernel's stock of per-CPU memory is small, and empty when many keys come at once */
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, MAX_AGGREGATES); /* fewer on hosts of many CPUs: set before loading */
	__type(key, struct aggregate_key);
	__type(value, struct aggregate);
} aggregates SEC(".maps");

/*
 * processes: who the processes of the records and aggregates are.
 *   inserts: process.h, at a process's first socket I/O of interest
 *   reads:   the receiver, at a process's first record
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct process_key);
	__type(value, struct process_identity);
} processes SEC(".maps");

/*
 * own_flows: connections that the collector itself opened, by the address pair
 * as the peer sees it, so that a server on this host that takes the collector's
 * exports is not counted for them.
 *   inserts: the connection hooks, when a connection of the collector is established
 *   reads:   the socket hooks, at a socket's first I/O
 *   deletes: the connection hooks, when the connection is gone
 * Of a connection that finds no room the server's requests are counted like
 * anybody's, and that is counted too.
 */
struct flow {
	__u8 local_addr[16];
	__u8 remote_addr[16];
	__u16 local_port;
	__u16 remote_port;
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_OWN_FLOWS);
	__type(key, struct flow);
	__type(value, __u8);
} own_flows SEC(".maps");

/* controls: written by the receiver, read by sample.h at each ended exchange. */
struct control controls SEC(".data.controls") = {.keep_below = 1ULL << 32};

/*
 * buckets: how far each process has used up its rate of records. The key 0 is for
 * those that found no room.
 *   inserts: sample.h, at a process's first exchange; the receiver, the key 0
 *   reads:   sample.h
 *   deletes: the receiver, when the process ended and a grace period passed
 */
struct bucket {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 spent_until; /* monotonic ns */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_PROCESSES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct process_key);
	__type(value, struct bucket);
} buckets SEC(".maps");

/*
 * scratch: room for what is too large for the stack. One entry a program, since
 * a program never interrupts itself (the kernel skips such a run and counts it
 * as a recursion miss), but a softirq program interrupts the others.
 */
enum scratch_user {
	SCRATCH_SEND = 0,
	SCRATCH_RECV,
	SCRATCH_SEND6,
	SCRATCH_RECV6,
	SCRATCH_SEND_UNIX,
	SCRATCH_RECV_UNIX,
	SCRATCH_SENDPAGE,
	SCRATCH_SENDPAGE_UNIX,
	SCRATCH_STATE,
	SCRATCH_DESTROY,
	SCRATCH_SWEEP,
	SCRATCH_USERS,
};

/*
 * counters: an entry of all counters, per CPU, for each program's scratch, and one that all
 * programs share.
 *   inserts: count, count_often
 *   reads:   the receiver, which adds them up
 */
#define COUNTER_ENTRIES (SCRATCH_USERS + 1)

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTER_ENTRIES);
	__type(key, __u32);
	__type(value, struct counter_values);
} counters SEC(".maps");

/* An I/O on its way into chunks: see chunk.h. */
struct chunk_copy {
	__u64 segment; /* user address of what is left of the current buffer */
	__u64 segment_left;
	__u64 iovecs;
	__u64 iovec_count;
	__u32 iovec;   /* the next one */
	__u32 left;    /* bytes of the I/O that are still to come */
	__u32 have;    /* bytes in the piece */
	__u32 pieces;  /* that were sent */
	__u32 flags;   /* of the chunks */
	__u32 at;      /* the walk over the piece */
	__u32 payload; /* where the payload of the frame begins that the walk is in */
	__u32 lost;    /* the walk */
	__u32 compat;  /* the iovecs are those of a 32-bit program */
	__u32 pad;
};

/* Where the bytes of an I/O are in user memory: see payload.h. */
struct io_buffer {
	__u64 base;
	__u64 len;
	__u64 iovecs; /* user address of the array, 0: there is only base and len */
	__u64 iovec_count;
	__u64 compat; /* the iovecs are those of a 32-bit program */
};

/* A walk over one I/O. In the scratch, where the verifier forgets each value: it would follow them from step to step. */
struct walk_loop {
	__u32 what;     /* enum protocol, and WALK_REPLY */
	__u32 len;      /* of the I/O */
	__u32 off;      /* how far the walk came */
	__u32 at;       /* where the I/O begins in scratch->payload */
	__u32 captured; /* bytes of it that are there */
};

/*
 * What is known of an I/O in the direction of requests before the lock is taken. In
 * the scratch, where the verifier forgets each value: it would follow every
 * combination of them through the transitions.
 */
struct request_bytes {
	__u32 total;    /* valid bytes in scratch->payload: those held before and the new ones */
	__u32 detected; /* enum detected of them */
	__u32 operations; /* that the new ones ask for */
	__u32 turns;
	__u32 kinds;
	__u32 mute;     /* operations that ask for no answer, besides */
	__u8 protocol;  /* that they are of */
	bool response;  /* they are a status line: of a response to a request from before the agent */
	bool gap;       /* some could not be read */
	bool unreadable; /* none could, though there are some */
	bool tls;       /* they begin like a record of TLS */
	bool held;      /* they belong behind a response that is being sent */
	bool walked;    /* scratch->pace is where the walk over the requests came to */
	bool silent;    /* they begin a connection and ask for nothing */
	bool greeting;  /* they are the server's first word: this side is not the one that asks */
	bool middle;    /* they begin in the middle of a message */
	bool opaque;    /* the connection cannot be read from here on */
	bool unwaited;  /* they were read before their arrival was told */
	bool pipelined; /* another request seems to stand behind the first */
	__u8 phase;     /* the phase that they were read in */
	__u8 watch;     /* enum watch of the process that they are a request of */
	__u32 generation; /* of that verdict */
};

struct response_bytes {
	__u32 start;    /* where in scratch->payload the final response begins */
	__u32 total;    /* valid bytes in scratch->payload */
	__u32 detected; /* enum detected of those from start on */
	__u32 status;
	__u32 have;     /* bytes in scratch->payload that are of I/Os before */
	bool unread;    /* nothing of the bytes is known */
	bool interim;   /* only interim responses (1xx) so far */
	bool to_http2;  /* from here on the connection speaks HTTP/2 */
	bool may_end; /* they may end a chunked body */
	bool last_chunk; /* they go beyond what was captured, and end like a chunked body */
	bool walked;     /* scratch->pace is where the walk over the responses came to */
};

struct scratch {
	__u64 file; /* address of the socket's file, or BUFFER_EMPTY */
	__u64 task; /* address of the current task */
	/* the part of the I/O's buffers that a walk is in: see walk.h. base 0: none is known */
	__u64 base;
	__u64 iovecs; /* user address of the parts behind it */
	__u32 iovec_count;
	__u32 part_start; /* where in the I/O */
	__u32 part_end;
	/* of the socket of the I/O: see io.h */
	__u32 kind;
	__u32 write_seq;
	__u32 copied_seq;
	__u32 after; /* see exchange.h */
	__u32 user;  /* enum scratch_user: whose it is */
	__u32 records; /* that were sent: see emit.h */
	__u32 pad_records;
	__u8 payload[2 * RESPONSE_PREFIX]; /* twice: the verifier bounds the offset and the length of a read apart */
	struct io_buffer buffer;
	struct walk pace;     /* see walk.h */
	struct walk_loop loop;
	struct request_bytes asked;
	struct response_bytes answers;
	struct walked walked;
	__u8 window[WALK_WINDOW];
	struct exchange_record record;
	struct tail_record tail;
	struct chunk_record chunk;
	struct chunk_walk walk; /* of the chunk's direction */
	struct chunk_copy copy;
	struct process_identity identity;
	__u64 length; /* of a response, from heads.h */
	__u32 head_end; /* the same of a request's head */
	__u32 field; /* from openlong.h */
	__u32 first_will_do; /* of several messages of one call the first one's buffer is read */
	__u64 unix_sk; /* address of the Unix socket that the record is about; 0: it is about another */
	char env_string[ENV_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_USERS);
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* A zeroed aggregate, the first value of a new key. Never written. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct aggregate);
} aggregate_zero SEC(".maps");

static __always_inline struct scratch *scratch_of(__u32 user)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, &user);

	if (scratch)
		scratch->user = user;
	return scratch;
}

static __always_inline void count(__u32 counter)
{
	__u32 shared = SCRATCH_USERS;
	struct counter_values *values = bpf_map_lookup_elem(&counters, &shared);

	/* atomic: a softirq program may count on the same CPU at the same time */
	barrier_var(counter); /* else the compiler compares a copy, and the verifier does not see the bound */
	if (values && counter < COUNTERS)
		__sync_fetch_and_add(&values->of[counter], 1);
}

/* The counters that are a program's own. */
static __always_inline struct counter_values *own_counters(__u32 user)
{
	return bpf_map_lookup_elem(&counters, &user);
}

/* The same where it is done for every request, in the entry that is the program's own: nobody else is in there, and an atomic addition would take 6 ns. */
static __always_inline void count_often(const struct scratch *scratch, __u32 counter)
{
	struct counter_values *values = own_counters(scratch->user);

	barrier_var(counter);
	if (values && counter < COUNTERS)
		values->of[counter]++;
}

#endif
