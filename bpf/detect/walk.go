// SPDX-License-Identifier: Apache-2.0

package detect

/*
#cgo CFLAGS: -Wall -Werror
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
#include <string.h>
#include "redis.h"
#include "postgresql.h"
#include "mysql.h"
#include "memcached.h"

// walk_all gives a walk the bytes as the kernel does: a window at most, and never
// what a length skips.
static unsigned int walk_all(struct walk *w, const unsigned char *p, unsigned int len, struct walked *out, int protocol, int reply)
{
	unsigned int off = 0, looked = 0;

	while (off < len && !w->lost) {
		unsigned int n = len - off < WALK_WINDOW ? len - off : WALK_WINDOW, took;
		unsigned char window[WALK_WINDOW];

		if (!w->skip) {
			memset(window, '/', sizeof(window));
			memcpy(window, p + off, n);
			looked += n;
			if (protocol == 0)
				took = redis_step(w, window, n, out, reply);
			else if (protocol == 1)
				took = postgresql_step(w, window, n, out, reply);
			else if (protocol == 2)
				took = mysql_step(w, window, n, out, reply);
			else
				took = memcached_step(w, window, n, out, reply);
			if (took == 0 || took > n)
				w->lost = 2; // a step takes something, and no more than it was given
			off += took;
		}
		n = w->skip < len - off ? w->skip : len - off;
		off += n;
		w->skip -= n;
	}
	return looked;
}
*/
import "C"

import "unsafe"

// Protocol is one that is walked along.
type Protocol int

// Protocols that are walked along.
const (
	Redis Protocol = iota
	PostgreSQL
	MySQL
	Memcached
)

// Walk is a walk along one direction of a connection.
type Walk struct {
	protocol Protocol
	reply    bool
	state    C.struct_walk
	walked   C.struct_walked
}

// NewWalk begins a walk at the start of a message.
func NewWalk(p Protocol, reply bool) *Walk { return &Walk{protocol: p, reply: reply} }

// AtStartup says that what comes first is PostgreSQL's first packet.
func (w *Walk) AtStartup() *Walk {
	w.state.state = C.POSTGRESQL_STARTUP
	return w
}

// MySQL's kinds of answers: see enum mysql_kind.
const (
	OfStatement = C.MYSQL_OF_STATEMENT
	OfOne       = C.MYSQL_OF_ONE
	OfPrepare   = C.MYSQL_OF_PREPARE
	OfLogin     = C.MYSQL_OF_LOGIN
	OfList      = C.MYSQL_OF_LIST
	OfReplica   = C.MYSQL_OF_REPLICA
)

// PostgreSQL's kinds of turns: see enum postgresql_kind.
const (
	OfSync            = C.POSTGRESQL_OF_SYNC
	OfQuery           = C.POSTGRESQL_OF_QUERY
	OfPostgreSQLAside = C.POSTGRESQL_OF_ASIDE
)

// memcached's kinds of turns: see enum memcached_kind.
const (
	OfOneEach = C.MEMCACHED_OF_ONE
	OfMany    = C.MEMCACHED_OF_MANY
	OfOthers  = C.MEMCACHED_OF_OTHERS
)

// AtLogin says that what comes first is MySQL's answer to a greeting.
func (w *Walk) AtLogin() *Walk {
	w.state.state = C.MYSQL_LOGIN
	return w
}

// To says what the answers are to.
func (w *Walk) To(kinds ...uint) *Walk {
	for i, k := range kinds {
		w.state.kinds |= C.uint(k << (i * C.WALK_KIND_BITS))
	}
	return w
}

// Kinds are those of the turns, as To takes them.
func (w *Walk) Kinds() []uint {
	var kinds []uint
	for i := range min(uint(w.walked.turns), C.WALK_KINDS) {
		kinds = append(kinds, uint(w.walked.kinds)>>(i*C.WALK_KIND_BITS)&(1<<C.WALK_KIND_BITS-1))
	}
	return kinds
}

// Walked is what a walk came by.
type Walked struct {
	Operations, Turns, Answered, Failed int
	Spoke, Switched                     bool
	// Mute and Odd: see struct walked.
	Mute int
	Odd  bool
	// Ended tells that the server ends the connection.
	Ended bool
	// Between tells that the walk is between two messages.
	Between bool
	// Lost tells that it is out of step, Broken that a step broke its contract.
	Lost, Broken bool
}

// Over walks over bytes and returns what the whole walk came by so far.
func (w *Walk) Over(b []byte) Walked {
	if len(b) > 0 {
		var reply C.int
		if w.reply {
			reply = 1
		}
		C.walk_all(&w.state, (*C.uchar)(unsafe.Pointer(&b[0])), C.uint(len(b)), &w.walked, C.int(w.protocol), reply)
	}
	o, s := &w.walked, &w.state
	return Walked{
		Operations: int(o.operations), Turns: int(o.turns), Answered: int(o.answered), Failed: int(o.failed),
		Spoke: o.spoke != 0, Switched: o.switched != 0, Mute: int(o.mute), Odd: o.odd != 0, Ended: o.ended != 0, Lost: s.lost != 0, Broken: s.lost > 1,
		Between: s.skip == 0 && s.held == 0 && s.left == 0 && (w.protocol != Redis && w.protocol != Memcached || s.state == 0),
	}
}

// RedisRequest is detect_redis_request.
func RedisRequest(b []byte) Claim { return Claim(C.detect_redis_request(buffer(b), C.uint(len(b)))) }

// RedisReplication is detect_redis_replication.
func RedisReplication(b []byte) bool { return C.detect_redis_replication(buffer(b)) != 0 }

// RedisWaits tells of a command whether it waits for others by its nature, as the kernel
// does with the bytes that it captured.
func RedisWaits(b []byte) bool {
	head := make([]byte, 40)
	copy(head, b)
	switch C.detect_redis_waiting(buffer(head)) {
	case C.REDIS_WAITS:
		return true
	case C.REDIS_WAITS_IF_TOLD:
		for i := 0; i+8 <= len(b); i++ {
			if C.detect_redis_block(buffer(b[i:])) != 0 {
				return true
			}
		}
	}
	return false
}

// MemcachedRequest is detect_memcached_request with a walk over the bytes, as the kernel
// asks for both.
func MemcachedRequest(b []byte) Claim {
	claim := Claim(C.detect_memcached_request(buffer(b), C.uint(len(b))))
	if claim != Yes {
		return claim
	}
	switch w := NewWalk(Memcached, false).Over(b); {
	case w.Odd, w.Lost:
		return No
	case w.Turns == 0 && w.Operations == 0 && w.Mute == 0:
		return More
	}
	return Yes
}

// MemcachedWatch is detect_memcached_watch.
func MemcachedWatch(b []byte) bool { return C.detect_memcached_watch(buffer(b)) != 0 }

// PostgreSQLStartup is detect_postgresql_startup.
func PostgreSQLStartup(b []byte) Claim {
	return Claim(C.detect_postgresql_startup(buffer(b), C.uint(len(b))))
}

// PostgreSQLRequest is detect_postgresql_request, for an I/O of b alone. More stands
// for the beginning of a chain.
func PostgreSQLRequest(b []byte) Claim {
	return Claim(C.detect_postgresql_request(buffer(b), C.uint(len(b)), C.ulonglong(len(b))))
}

// MySQLGreeting is detect_mysql_greeting, for an I/O of b alone.
func MySQLGreeting(b []byte) Claim {
	return Claim(C.detect_mysql_greeting(buffer(b), C.uint(len(b)), C.ulonglong(len(b))))
}

// MariaDB is detect_mariadb, of a greeting.
func MariaDB(greeting []byte) bool { return C.detect_mariadb(buffer(greeting)) != 0 }

// PostgreSQLMessage is detect_postgresql_message.
func PostgreSQLMessage(b []byte) bool {
	return C.detect_postgresql_message(buffer(b), C.uint(len(b))) != 0
}

// MySQLCommand is detect_mysql_command, for an I/O of b alone.
func MySQLCommand(b []byte) bool {
	return C.detect_mysql_command(buffer(b), C.uint(len(b)), C.ulonglong(len(b))) != 0
}

// MySQLRequest is detect_mysql_request, for an I/O of b alone.
func MySQLRequest(b []byte) Claim {
	return Claim(C.detect_mysql_request(buffer(b), C.uint(len(b)), C.ulonglong(len(b))))
}
