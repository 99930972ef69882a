// SPDX-License-Identifier: Apache-2.0

package slo

// Service is the identity of a service: the resource attributes
// service.namespace, service.name and deployment.environment.name of the
// semantic conventions. Namespace and Environment may be empty. It is
// comparable and serves as a map key.
type Service struct {
	Namespace   string
	Name        string
	Environment string
}

// String returns the parts that are set, as namespace/name@environment.
func (s Service) String() string {
	out := s.Name
	if s.Namespace != "" {
		out = s.Namespace + "/" + out
	}
	if s.Environment != "" {
		out += "@" + s.Environment
	}
	return out
}

// Key names one series of counts: one indicator of one service.
type Key struct {
	Service Service
	SLI     string
}

// Names of the built-in indicators, values of the attribute sli.name.
const (
	HTTPAvailability = "http_availability"
	HTTPLatency      = "http_latency"
	GRPCAvailability = "grpc_availability"
	GRPCLatency      = "grpc_latency"
	DBAvailability   = "db_availability"
	DBLatency        = "db_latency"
)
