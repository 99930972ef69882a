// SPDX-License-Identifier: Apache-2.0

package semconv

// Metrics of Sloe's own.
const (
	// SLIEvents counts the events of an indicator: a monotonic sum, unit
	// {event}. Prometheus sees it as sli_events_total.
	SLIEvents = "sli.events"
	// SLIUncertain counts, beside SLIEvents and in the same way, the events of an
	// indicator that are known to have been and could not be judged. Prometheus sees it
	// as sli_uncertain_total.
	SLIUncertain = "sli.uncertain"
	// UnspannedDuration is a delta histogram, unit s, of the exchanges that
	// became no span: spilled into the kernel's aggregates, sampled out, or spans
	// switched off. The sli connector counts spans and these, and nothing else.
	// It has an edge at every latency threshold of the catalogue.
	UnspannedDuration = "sloe.unspanned.duration"
	// UnspannedFeltDuration is the same over what the caller felt, the queue time
	// and the duration, with the same attributes and edges: the same exchanges,
	// without those whose queue time is not known. It comes in the same resource of
	// the same export as UnspannedDuration, and only of services with an objective
	// on what is felt. Such an objective takes its counts from it, all others take
	// theirs from UnspannedDuration.
	UnspannedFeltDuration = "sloe.unspanned.felt.duration"
	// UnmeasuredExchanges is a delta sum, unit {exchange}, of exchanges that are known
	// to have been and that nothing else is known of, by UnmeasuredReason, and Kind and
	// Protocol where those are known. Of connections that cannot be read they are
	// turns. The sli connector takes them for uncertain events of the service.
	UnmeasuredExchanges = "sloe.unmeasured"
	// OpenExchanges is a gauge, unit {exchange}, of requests that are unanswered
	// past the receiver's stuck_after.
	OpenExchanges = "sloe.exchanges.open"
	// ConnectionsFailed is a cumulative sum, unit {connection}, of TCP connections
	// that a process asked for and that never came to be, by error.type (refused,
	// timed_out, reset, unreachable, abandoned, _OTHER), server.address and server.port.
	// No request was sent on them: indicators do not count them.
	ConnectionsFailed = "sloe.connections.failed"
	// ListenerDrops is a cumulative sum, unit {connection}, of what asked a listening
	// process for a connection and was dropped by the kernel, mostly as the accept queue
	// was full, by server.port. Whoever asks again is counted again. No request was
	// read: indicators do not count them.
	ListenerDrops = "sloe.listener.drops"
)

// ServerQueueDuration is a histogram, unit s, and an attribute of server spans, in
// seconds as a double: how long a request waited between the arrival of its first
// byte and the program's read of it. The span's own duration begins at the read. A
// span without the attribute is one whose queue time is not known; a request that
// did not wait has 0.
const ServerQueueDuration = "sloe.server.queue.duration"

// DBServerOperationDuration is a histogram, unit s, of the operations that a database
// answered, as it saw them: the conventions have one for clients only. Its attributes
// are those of db.client.operation.duration, without the server's address.
const DBServerOperationDuration = "sloe.db.server.operation.duration"

// DBBlocking is true on a span of an operation that waits for data of others by its
// nature, such as BLPOP: its duration says nothing of the server.
const DBBlocking = "sloe.db.blocking"

// DBSQLState is the five characters by which a server of MySQL or MariaDB tells the class of
// an error (ISO 9075), besides its number, which db.response.status_code is.
const DBSQLState = "sloe.db.sqlstate"

// Stream says on a span of HTTP what is open for as long as somebody wants: its duration
// tells nothing of the server. Of StreamUpgrade the span is that of the upgrade alone.
const (
	Stream         = "sloe.stream"
	StreamUpgrade  = "upgrade"            // 101: WebSocket, or another protocol
	StreamEvents   = "server_sent_events" // text/event-stream (HTML, server-sent events)
	StreamLongPoll = "long_poll"          // a request that prefers to wait (RFC 7240, section 4.3)
)

// RPCStreaming says on a span of gRPC who sent more than one message: client, server or
// both. The conventions have no name for it. A call in which nobody did looks like a
// unary one.
const (
	RPCStreaming              = "sloe.rpc.streaming"
	RPCStreamingClient        = "client"
	RPCStreamingServer        = "server"
	RPCStreamingBidirectional = "bidirectional"

	RPCTimeout = "sloe.rpc.timeout_ms" // how long the client of a call of gRPC waits
	RPCMessage = "sloe.rpc.message"    // true: its status came with words, which are not told
)

// Waits is true on data points of sloe.unspanned.duration of exchanges that wait for
// others by their nature: of which a span would have DBBlocking, or Stream but for an
// upgrade.
const Waits = "sloe.duration.waits"

// Attributes of data points of sli.events and, but for the outcome, of sli.uncertain.
const (
	SLIName    = "sli.name"
	SLIOutcome = "sli.outcome"
	// Definition is the hash of the indicator's definition, see slo.Definition.
	SLIDefinition = "sli.definition"

	OutcomeGood = "good"
	OutcomeBad  = "bad"
)

// UnmeasuredReason says on a data point of sloe.unmeasured why the exchanges were not
// measured: see the receiver's README.
const UnmeasuredReason = "sloe.unmeasured.reason"

// Attributes of Sloe's own on spans and on data points of
// sloe.unspanned.duration and sloe.exchanges.open.
const (
	// Kind is KindServer or KindClient.
	Kind       = "sloe.kind"
	KindServer = "server"
	KindClient = "client"

	// Protocol is the family that the indicator belongs to.
	Protocol     = "sloe.protocol"
	ProtocolHTTP = "http"
	ProtocolGRPC = "grpc"
	ProtocolDB   = "db"
	// Databases, each of which belongs to the family db.
	ProtocolRedis      = "redis"
	ProtocolPostgreSQL = "postgresql"
	ProtocolMySQL      = "mysql"
	ProtocolMemcached  = "memcached"

	// StatusClass is what is known of the answer.
	StatusClass        = "sloe.status.class"
	StatusClassUnknown = "unknown" // answered, status not seen
	StatusClassOK      = "ok"      // protocols without HTTP's classes
	StatusClassError   = "error"
	// It is on a span, too, whose status was not seen.
	// HTTP's classes are "1xx" to "5xx".

	// ExchangeOutcome tells how an exchange ended. It is set on spans and data
	// points of exchanges without a whole response only.
	ExchangeOutcome = "sloe.exchange.outcome"
	// AbortedByServer: the server closed, reset or exited without a response.
	AbortedByServer = "aborted_by_server"
	// AbortedByClient: the client left first; indicators exclude it and count it
	// apart.
	AbortedByClient = "aborted_by_client"
	// Truncated: the server ended the connection before its response was whole. It is
	// error.type too, unless the status is one.
	Truncated = "truncated"

	// DurationUncertain is true on a span whose start or end could not be
	// proven.
	DurationUncertain = "sloe.duration.uncertain"
)
