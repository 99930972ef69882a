// SPDX-License-Identifier: Apache-2.0

package redis

// errorCodes are the words that errors of Redis and of its cluster and Sentinel
// begin with. Others come from scripts and modules, and are not told: they would be
// of unbounded cardinality.
var errorCodes = self("ERR", "WRONGTYPE", "MOVED", "ASK", "NOAUTH", "NOPERM", "WRONGPASS", "LOADING", "BUSY", "BUSYGROUP", "BUSYKEY",
	"NOGROUP", "UNBLOCKED", "OOM", "EXECABORT", "NOSCRIPT", "READONLY", "MASTERDOWN", "MISCONF", "NOREPLICAS", "CROSSSLOT",
	"TRYAGAIN", "CLUSTERDOWN", "NOTBUSY", "INPROG", "NOGOODSLAVE", "NOQUORUM", "NOPROTO", "UNKILLABLE", "IOERR", "NOMASTERLINK",
	"NOTREADY", "DENIED", "STALE", "VERSION")

func self(words ...string) map[string]string {
	m := make(map[string]string, len(words))
	for _, w := range words {
		m[w] = w
	}
	return m
}
