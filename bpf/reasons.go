// SPDX-License-Identifier: Apache-2.0

package bpf

// SpillReasons are the names of why an exchange is spilled, for people and metrics.
var SpillReasons = map[SocketSpillReason]string{
	SocketSpillReasonSPILL_RING_FULL:    "ring_full",
	SocketSpillReasonSPILL_SAMPLED:      "sampled",
	SocketSpillReasonSPILL_RATE_LIMITED: "rate_limited",
	SocketSpillReasonSPILL_PAUSED:       "paused",
	SocketSpillReasonSPILL_SHED:         "shed",
}

// LossReasons are the names of what is lost in the kernel.
var LossReasons = map[SocketCounter]string{
	SocketCounterLOSS_TAIL:            "tail_ring_full",
	SocketCounterLOSS_CHUNK:           "chunk_ring_full",
	SocketCounterLOSS_CHUNK_CUT:       "chunk_cut",
	SocketCounterLOSS_STORAGE:         "socket_storage",
	SocketCounterLOSS_AGGREGATES_FULL: "aggregates_full",
	SocketCounterLOSS_UNCOUNTED:       "uncounted",
	SocketCounterLOSS_PROCESSES_FULL:  "processes_full",
	SocketCounterLOSS_FAILURES_FULL:   "failures_full",
	SocketCounterLOSS_LISTENERS_FULL:  "listeners_full",
	SocketCounterLOSS_UNMEASURED_FULL: "unmeasured_full",
	SocketCounterLOSS_BUCKETS_FULL:    "buckets_full",
	SocketCounterLOSS_OWN_FLOWS_FULL:  "own_flows_full",
	SocketCounterLOSS_UNTRUSTED:       "untrusted_registers",
	SocketCounterLOSS_RESPONSE_UNSEEN: "response_unseen",
	SocketCounterLOSS_FAULT:           "user_memory_fault",
	SocketCounterLOSS_LOCK:            "connection_lock",
}

// UnmeasuredReasons are the names of why an exchange was not measured.
var UnmeasuredReasons = map[SocketUnmeasuredReason]string{
	SocketUnmeasuredReasonUNMEASURED_OPAQUE_TLS:     "opaque_tls",
	SocketUnmeasuredReasonUNMEASURED_UNREADABLE:     "unreadable",
	SocketUnmeasuredReasonUNMEASURED_UNRECOGNIZED:   "unrecognized",
	SocketUnmeasuredReasonUNMEASURED_REQUEST_UNSEEN: "request_unseen",
	SocketUnmeasuredReasonUNMEASURED_GAP:            "gap",
	SocketUnmeasuredReasonUNMEASURED_STORAGE:        "socket_storage",
	SocketUnmeasuredReasonUNMEASURED_ANONYMOUS:      "aggregates_full",
	SocketUnmeasuredReasonUNMEASURED_QUIC:           "quic",
	SocketUnmeasuredReasonUNMEASURED_PIPELINED:      "pipelined",
	SocketUnmeasuredReasonUNMEASURED_MUTE:           "no_answer",
	SocketUnmeasuredReasonUNMEASURED_UNIX_CLOSED:    "unix_closed_unseen",
}
