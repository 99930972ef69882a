// SPDX-License-Identifier: Apache-2.0

package semconv

// Resource attributes.
const (
	ServiceName           = "service.name"
	ServiceNamespace      = "service.namespace"
	ServiceInstanceID     = "service.instance.id"
	ServiceVersion        = "service.version"
	DeploymentEnvironment = "deployment.environment.name"
	// DeploymentEnvironmentOld is the form before 1.27.
	DeploymentEnvironmentOld = "deployment.environment"

	ProcessPID            = "process.pid"
	ProcessExecutableName = "process.executable.name"
	ProcessExecutablePath = "process.executable.path"
	ProcessCommandArgs    = "process.command_args"
	ContainerID           = "container.id"
	K8SPodUID             = "k8s.pod.uid"
	K8SPodName            = "k8s.pod.name"
	K8SNamespaceName      = "k8s.namespace.name"
	HostName              = "host.name"
)

// Span and data point attributes.
const (
	HTTPRequestMethod         = "http.request.method"
	HTTPRequestMethodOriginal = "http.request.method_original"
	URLFull                   = "url.full"
	HTTPResponseStatusCode    = "http.response.status_code"
	HTTPRoute                 = "http.route"
	HTTPRequestBodySize       = "http.request.body.size"
	HTTPResponseBodySize      = "http.response.body.size"
	HTTPRequestHeader         = "http.request.header."  // and the name of the header in lower case
	HTTPResponseHeader        = "http.response.header." // the same
	HTTPMethodOld             = "http.method"
	HTTPStatusCodeOld         = "http.status_code"

	URLPath   = "url.path"
	URLQuery  = "url.query"
	URLScheme = "url.scheme"

	RPCSystemName         = "rpc.system.name"
	RPCSystemOld          = "rpc.system"
	RPCMethod             = "rpc.method"
	RPCMethodOriginal     = "rpc.method_original"
	RPCServiceOld         = "rpc.service"
	RPCResponseStatusCode = "rpc.response.status_code"
	RPCGRPCStatusCodeOld  = "rpc.grpc.status_code"

	DBSystemName = "db.system.name"
	DBSystemOld  = "db.system"

	DBOperationName      = "db.operation.name"
	DBOperationOld       = "db.operation"
	DBCollectionName     = "db.collection.name"
	DBCollectionOld      = "db.sql.table"
	DBResponseStatusCode = "db.response.status_code"
	DBQuerySummary       = "db.query.summary"
	DBQueryText          = "db.query.text"
	DBNamespace          = "db.namespace"
	DBNamespaceOld       = "db.name"
	DBStoredProcedure    = "db.stored_procedure.name"

	ErrorType              = "error.type"
	ServerAddress          = "server.address"
	ServerPort             = "server.port"
	ClientAddress          = "client.address"
	ClientPort             = "client.port"
	NetworkPeerAddress     = "network.peer.address"
	NetworkPeerPort        = "network.peer.port"
	NetworkTransport       = "network.transport"
	NetworkTransportUnix   = "unix"
	NetworkProtocolName    = "network.protocol.name"
	NetworkProtocolVersion = "network.protocol.version"
	UserAgentOriginal      = "user_agent.original"
)

// Metrics of the conventions.
const (
	HTTPServerRequestDuration = "http.server.request.duration"
	HTTPClientRequestDuration = "http.client.request.duration"
	RPCServerCallDuration     = "rpc.server.call.duration"
	RPCClientCallDuration     = "rpc.client.call.duration"
	DBClientOperationDuration = "db.client.operation.duration"
)

// Metrics by the names that they had before. These are in seconds like the newer ones.
const (
	RPCServerDurationOld = "rpc.server.duration"
	RPCClientDurationOld = "rpc.client.duration"
)

// HTTPDurationBuckets are the edges of the HTTP and RPC duration histograms, in seconds.
var HTTPDurationBuckets = []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}

// DBDurationBuckets are the edges of the database duration histograms, in seconds.
var DBDurationBuckets = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10}

// Values of db.system.name.
const (
	SystemRedis      = "redis"
	SystemPostgreSQL = "postgresql"
	SystemMySQL      = "mysql"
	SystemMariaDB    = "mariadb"
	SystemMemcached  = "memcached"
)
