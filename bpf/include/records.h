// SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0)
#ifndef SLOE_RECORDS_H
#define SLOE_RECORDS_H

/*
 * What the kernel tells user space. bpf2go generates the Go side of every type
 * here, so a fact is written once. Padding is explicit: the layouts are compared
 * with the Go view by a test.
 *
 * All times are nanoseconds of the monotonic clock (bpf_ktime_get_ns). Bytes are
 * those of the application, as the system calls returned them.
 */

#define REQUEST_PREFIX 256  /* enough for a request line and the usual headers */
#define RESPONSE_PREFIX 512 /* enough for most heads: behind the length of the body stand many others */
#define CHUNK_DATA 2048     /* most I/Os of HTTP/2 fit; larger ones are sent in pieces */
#define SOCKET_NAME 112     /* of a Unix socket: sun_path holds 108, and structs are a multiple of eight */
#define MAX_LATENCY_EDGES 31
#define LATENCY_BUCKETS (MAX_LATENCY_EDGES + 1)
#define ARGS_SIZE 512
#define ENV_SIZE 256
#define CGROUP_NAME_SIZE 96
#define CGROUP_NAMES 6
#define SERVED_PORTS 16 /* of a process, at most: more are rare, and a list is searched */

enum record_kind {
	RECORD_EXCHANGE = 1,
	RECORD_TAIL = 2,
	RECORD_CHUNK = 3,
};

enum role {
	ROLE_UNKNOWN = 0,
	ROLE_SERVER = 1, /* the process read the request */
	ROLE_CLIENT = 2, /* the process wrote the request */
};

enum protocol {
	PROTOCOL_UNDECIDED = 0,
	PROTOCOL_HTTP1 = 1,
	PROTOCOL_HTTP2 = 2,     /* multiplexed: its bytes are sent as chunks, and read in user space */
	PROTOCOL_REDIS = 3,
	PROTOCOL_POSTGRESQL = 4,
	PROTOCOL_MYSQL = 5,   /* or MariaDB, as long as its greeting was not seen */
	PROTOCOL_MARIADB = 6, /* by its greeting */
	PROTOCOL_MEMCACHED = 7,
	PROTOCOL_PIPELINED = 8, /* HTTP/1, as chunks: more than one request is open at once */
	PROTOCOL_UNWATCHED = 254, /* of a process that is left out: looked at anew when that may have changed */
	PROTOCOL_MUTED = 255, /* of no interest: one storage look-up an I/O from then on */
};

enum outcome {
	OUTCOME_ANSWERED = 0,
	OUTCOME_ABORTED_BY_SERVER = 1, /* closed, reset or exited without a response */
	OUTCOME_ABORTED_BY_CLIENT = 2, /* the client left first */
};

enum exchange_flag {
	EXCHANGE_NO_PAYLOAD = 1,        /* the response's bytes could not be read: its status is unknown */
	EXCHANGE_MISMATCH = 2,          /* the response does not look like the request's protocol */
	EXCHANGE_EARLY_RESPONSE = 4,    /* the response's hook ran before the request's: the start is not proven */
	EXCHANGE_REQUEST_GAP = 8,      /* part of the request's prefix could not be read */
	EXCHANGE_SWITCHED = 16,         /* 101, or a tunnel: the connection speaks another protocol from here on */
	EXCHANGE_JOINED_MIDWAY = 32,    /* the connection is older than the agent */
	EXCHANGE_INTERIM = 64,         /* interim responses (1xx) came before the final one */
	EXCHANGE_LAST_CHUNK = 128,     /* the bytes so far end like a chunked body (RFC 9112, section 7.1) */
	EXCHANGE_QUEUE_KNOWN = 256,    /* queue_ns is known */
	EXCHANGE_UNDECIDED = 512,      /* no verdict on its process was known when it was opened */
	EXCHANGE_COMPLETE = 1024,      /* the response is whole with the bytes so far */
	EXCHANGE_MIDDLE = 2048,        /* the request's prefix begins in the middle of a message of the turn before */
	EXCHANGE_TO_HTTP2 = 4096,      /* with EXCHANGE_SWITCHED: the connection goes on as HTTP/2, whose first stream has the answer */
};

enum tail_flag {
	TAIL_FINAL = 1, /* the response ended: its length was reached, or the connection moved on or closed */
	TAIL_COMPLETE = 2, /* and what it answers was answered to the end */
	TAIL_CUT = 4,   /* the server ended the connection, and all that it sent was seen: what is missing was never sent */
	TAIL_MAY_END = 8, /* the last bytes may be the end of a chunked body: they look so, or could not be read */
};

enum chunk_flag {
	CHUNK_BEGINS = 1,      /* the first piece of its I/O */
	CHUNK_LAST = 2,        /* the last piece of its I/O: what is not captured up to end is not wanted, or could not be */
	CHUNK_NO_PAYLOAD = 4,  /* the bytes of the I/O could not be read */
	CHUNK_FROM_START = 8,  /* the connection is known from its first bytes on */
	CHUNK_QUEUE_KNOWN = 16, /* queue_ns is known, of all bytes of the I/O */
	CHUNK_CLOSED = 32,     /* no bytes: the connection ended. position and end are where both directions did */
	CHUNK_FIRST = 128,    /* the first of its direction */
	CHUNK_BY_PEER = 64,   /* with CHUNK_CLOSED: the other side ended it */
};

#define BOUNDARY_UNKNOWN 0xffffffff

/* status_class of an aggregate: 1 to 5 are HTTP's. */
enum status_class {
	CLASS_UNKNOWN = 0,
	CLASS_OK = 6,     /* protocols without such classes */
	CLASS_FAILED = 7,
};

/* One process image: a pid is not enough (reuse), nor is pid and start (exec). */
struct process_key {
	__u32 tgid;    /* in the initial pid namespace */
	__u32 exec_id; /* grows with every exec */
	__u64 start;   /* start_boottime of the thread group's leader */
};

/* One turn on one connection. Followed by request_len, response_len and name_len bytes. */
struct exchange_record {
	__u8 kind; /* RECORD_EXCHANGE */
	__u8 role;
	__u8 protocol;
	__u8 outcome;
	__u16 flags;
	__u16 status; /* HTTP status code, 0: unknown */
	__u32 sequence; /* of the exchange on its connection, from 1 */
	__u32 tid;
	struct process_key process;
	__u64 conn;            /* socket cookie */
	__u64 start_ns;        /* first byte of the request */
	__u64 request_end_ns;  /* last byte of the request seen before the response */
	__u64 response_ns;     /* first byte of the final response; of the end, if aborted */
	__u64 end_ns;          /* last byte of the response so far */
	__u64 queue_ns;        /* from the arrival of the request's first byte to start_ns: servers, if EXCHANGE_QUEUE_KNOWN */
	__u64 request_bytes;
	__u64 response_bytes;
	__u32 request_seq;  /* TCP sequence number of the request's first byte, 0: not known */
	__u32 response_seq; /* TCP sequence number after the response's first send */
	__u16 family;
	__u16 local_port;
	__u16 remote_port;
	__u16 request_len;  /* captured */
	__u8 local_addr[16];
	__u8 remote_addr[16];
	__u16 response_len; /* captured */
	__u16 name_len;     /* of the server's Unix socket; a name in the abstract namespace begins with NUL */
	__u32 operations;   /* that the request asks for: 1 of HTTP/1; 0: an aside, about the connection alone */
	__u32 answered;     /* of them, in the response so far; not of HTTP/1 */
	__u32 failed;       /* of those answered */
	__u32 asides;       /* on its connection up to this one: who has seen fewer has missed one */
	__u32 pad;
	__u8 data[REQUEST_PREFIX + RESPONSE_PREFIX + SOCKET_NAME];
};

/* The rest of a response whose exchange_record was sent at its first byte. */
struct tail_record {
	__u8 kind; /* RECORD_TAIL */
	__u8 flags;
	__u16 failed; /* operations that failed in it since its record, 65535: or more */
	__u32 sequence;
	__u64 conn;
	__u64 end_ns;
	__u64 response_bytes;
};

/*
 * A piece of one direction of a connection whose protocol multiplexes. Followed by
 * len and name_len bytes. Positions are of the direction's stream, and wrap around:
 * bytes between the end of one chunk and the position of the next one passed
 * without being sent on.
 */
struct chunk_record {
	__u8 kind; /* RECORD_CHUNK */
	__u8 role; /* of the process; ROLE_UNKNOWN if the connection was joined midway */
	__u8 protocol;
	__u8 direction; /* enum direction */
	__u16 flags;
	__u16 len;          /* captured */
	__u32 position;     /* of the first byte; with CHUNK_CLOSED: behind the last byte that was received */
	__u32 end;          /* behind the last byte of the I/O; with CHUNK_CLOSED: behind the last that was sent */
	__u32 boundary;     /* bytes from position to the next frame header, or BOUNDARY_UNKNOWN */
	__u32 tid;
	struct process_key process;
	__u64 conn; /* socket cookie */
	__u64 time_ns;
	__u64 queue_ns; /* from the arrival of the bytes to time_ns: if CHUNK_QUEUE_KNOWN */
	__u16 family;
	__u16 local_port;
	__u16 remote_port;
	__u16 name_len; /* as in exchange_record */
	__u8 local_addr[16];
	__u8 remote_addr[16];
	__u8 data[CHUNK_DATA + SOCKET_NAME];
};

/* What spilled: exchanges whose record could not be placed. */
struct aggregate_key {
	struct process_key process;
	__u8 role;
	__u8 protocol;
	__u8 outcome;
	__u8 status_class;
	__u16 port;     /* the server's, if undecided, else 0: verdicts may depend on it */
	__u8 undecided; /* 1: spilled before there was a verdict on the process */
	__u8 waits;     /* 1: they wait for others by their nature */
};

/*
 * Cumulative since the key was made. bucket i: duration <= latency_edges[i]; the
 * last: above all. queue holds the exchanges whose queue time is known, felt the
 * same ones by the sum of queue time and duration; queue_unknown counts the others.
 * Hence the sums of buckets, of queue and queue_unknown, and of felt and
 * queue_unknown are equal once all three are written: a reader that finds them
 * different has looked in between. Buckets are of 32 bits, which may wrap around
 * between two reads at most once: small values, since each is there once a CPU.
 */
struct aggregate {
	__u64 count;
	__u64 sum_ns;
	__u64 queue_sum_ns;
	__u64 felt_sum_ns;
	__u32 queue_unknown;
	__u32 pad;
	__u32 buckets[LATENCY_BUCKETS];
	__u32 queue[LATENCY_BUCKETS];
	__u32 felt[LATENCY_BUCKETS];
};

/* Who a process is, read in its own context at its first socket I/O of interest. */
struct process_identity {
	__u64 first_seen_ns;
	__u64 exited_ns; /* 0: alive */
	__u64 exchanges; /* requests that it sent or read, for who asks what costs how much */
	__u32 args_len;  /* bytes of args; arguments are separated by NUL */
	__u32 uid;       /* effective user id, in the initial user namespace */
	__u32 failed_peers; /* of failed connects that have a key of their own */
	__u32 pad;
	__u16 served[SERVED_PORTS]; /* where it read requests; 0: none yet. What it serves beyond is not kept */
	char comm[16];
	char executable[64]; /* last component */
	char cgroup[CGROUP_NAMES][CGROUP_NAME_SIZE]; /* the leaf, its parent, and so on */
	char args[ARGS_SIZE];
	char service_name[ENV_SIZE];        /* OTEL_SERVICE_NAME=... */
	char resource_attributes[ENV_SIZE]; /* OTEL_RESOURCE_ATTRIBUTES=... */
};

/* Why a connection never came to be. */
enum failure {
	FAILURE_OTHER = 0,
	FAILURE_REFUSED = 1,     /* the other side reset it: nobody listens */
	FAILURE_TIMED_OUT = 2,   /* no answer to any SYN */
	FAILURE_RESET = 3,
	FAILURE_UNREACHABLE = 4, /* by a router, or no neighbour answered */
	FAILURE_ABANDONED = 5,   /* the program closed the socket before: a time-out of its own, or another address was quicker */
	FAILURES = 6,
};

struct failure_key {
	struct process_key process; /* that called connect(2) */
	__u8 addr[16];              /* remote, IPv4 as IPv4-mapped IPv6; zeros: one of many */
	__u16 port;                 /* remote, 0 with the address */
	__u8 reason;
	__u8 pad[5];
};

/* Who listened where. */
struct listen_key {
	struct process_key process;
	__u16 port;
	__u8 pad[6];
};

/* A listener that is open, as list_listeners lists it. */
struct listener_stat {
	struct listen_key key;
	__u64 dropped; /* since it is known */
};

/*
 * Why exchanges of a process are in no count of it. What passes that cannot be read is
 * counted in turns, from which the exchanges can only be estimated; all else are exchanges.
 */
enum unmeasured_reason {
	UNMEASURED_OPAQUE_TLS = 0, /* a turn of a connection under TLS */
	UNMEASURED_UNREADABLE,     /* a turn, or a request, whose bytes could not be read (io_uring, 32-bit, a fault) */
	UNMEASURED_UNRECOGNIZED,   /* a connection that was given up, at a port where its process serves requests; a turn, at a port that says what is spoken there */
	UNMEASURED_REQUEST_UNSEEN, /* a response to no request that was seen: one from before the agent, mostly */
	UNMEASURED_GAP,            /* bytes of requests or responses passed unseen: splice, or a hook that was skipped */
	UNMEASURED_STORAGE,        /* a request on a socket that had no room for a connection's state */
	UNMEASURED_ANONYMOUS,      /* spilled into the aggregates without its process: those were full */
	UNMEASURED_QUIC,           /* a connection of QUIC that a client began: what it asks nobody can read */
	UNMEASURED_PIPELINED,      /* a response behind the first one to a turn, whose requests were not captured so far */
	UNMEASURED_MUTE,           /* an operation that asks for no answer: how it ended nobody is told */
	UNMEASURED_UNIX_CLOSED,    /* an exchange of a Unix socket whose both ends were closed unseen: found by user space, in unix_exchanges */
	UNMEASURED_REASONS,
};

struct unmeasured_key {
	struct process_key process;
	__u8 role;
	__u8 protocol; /* PROTOCOL_UNDECIDED: what the connection speaks is not known */
	__u8 reason;   /* enum unmeasured_reason */
	__u8 pad[5];
};

/*
 * What is to be done with a process: a request is wanted if the mask of its port
 * meets include and does not meet exclude.
 */
struct verdict {
	__u64 include;
	__u64 exclude;
};

#define PORT_ANY (1ULL << 63) /* the bit that the mask of every port has */

/* One unanswered exchange, as the iterator lists it. */
struct open_exchange {
	struct process_key process;
	__u64 start_ns;
	__u8 role;
	__u8 protocol;
	__u16 port; /* the server's */
	__u8 pad[4];
};

/* One connection that is measured, as list_conns lists it. */
struct connection_stat {
	struct process_key process;
	__u64 conn; /* socket cookie */
	__u32 exchanges;
	__u8 role;
	__u8 protocol;
	__u16 family;
	__u16 local_port;
	__u16 remote_port;
	__u32 untold; /* exchanges that its process was not told of yet: process_identity.exchanges lacks them */
	__u8 local_addr[16];
	__u8 remote_addr[16];
};

/* Why an ended exchange was spilled into the aggregates instead of being sent as a record. */
enum spill_reason {
	SPILL_RING_FULL = 0, /* the reader is slower than the exchanges */
	SPILL_SAMPLED,       /* the sampling ratio left it out */
	SPILL_RATE_LIMITED,  /* its process has had its records of this second */
	SPILL_PAUSED,        /* the next consumer refuses spans */
	SPILL_SHED,          /* the receiver's share of the CPU is used up */
	SPILL_REASONS,
};

/*
 * Counters. The first group are events; ended = answered + aborted_by_server +
 * aborted_by_client, and ended = delivered + spilled (by all reasons), always.
 * The second group are losses, by reason.
 */
enum counter {
	COUNT_OPENED = 0,
	COUNT_ANSWERED,
	COUNT_ABORTED_BY_SERVER,
	COUNT_ABORTED_BY_CLIENT,
	COUNT_DELIVERED,
	COUNT_SPILLED,         /* and enum spill_reason */
	COUNT_MUTED = COUNT_SPILLED + SPILL_REASONS,
	COUNT_CHUNKS,          /* chunk records that were sent */
	COUNT_LEFT_TO_CHUNKS,  /* exchanges that were opened, and whose connection went over to chunks before they ended */
	COUNT_BOUNDARY,        /* responses to requests from before the agent */
	LOSS_TAIL,             /* a tail record could not be placed: the end is unknown */
	LOSS_CHUNK,            /* a chunk record could not be placed: what it held is a gap */
	LOSS_CHUNK_CUT,        /* an I/O was larger than is captured of one: the rest is a gap */
	LOSS_STORAGE,          /* no socket storage: the connection is not measured */
	LOSS_AGGREGATES_FULL,  /* the process is unknown: counted under the process key 0 */
	LOSS_UNCOUNTED,        /* not even that: the exchange is in no aggregate */
	LOSS_PROCESSES_FULL,   /* the identity has to come from /proc */
	LOSS_BUCKETS_FULL,     /* the process shares a rate limit with others */
	LOSS_OWN_FLOWS_FULL,   /* a connection of the collector is not left out at its server */
	LOSS_UNTRUSTED,        /* the registers do not name this socket (io_uring, kernel threads) */
	LOSS_RESPONSE_UNSEEN,  /* an exchange that was opened has no end: its response passed without a hook */
	LOSS_FAULT,            /* user memory could not be read without a fault */
	LOSS_FAILURES_FULL,    /* a failed connect is counted without its process */
	LOSS_LISTENERS_FULL,   /* drops of a closed listener are counted without its process */
	LOSS_UNMEASURED_FULL,  /* an exchange that was not measured is counted without its process */
	LOSS_LOCK,             /* a connection's lock was not to be had: what two hooks did at once may be wrong */
	COUNTERS,
};

/* All counters of one CPU, so that one read takes them all. */
struct counter_values {
	__u64 of[COUNTERS]; /* by enum counter */
};

/* What user space tells the hooks while they run. Each word is written at once and stands for itself. */
struct control {
	__u64 keep_below; /* below 2^32: what is above, of what the sampling ratio would keep, is shed */
	__u32 keep_none;  /* all is shed, errors and slow ones too */
	__u32 paused;     /* no record is wanted: the next consumer refuses spans */
	__u32 heads_only; /* of payload, no more is copied than detection and the status need */
	__u32 pad;
};

#endif
