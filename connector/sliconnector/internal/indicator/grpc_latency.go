// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// grpcLatency: a gRPC call is good within the service's latency threshold, whatever
// its status.
func grpcLatency() *Indicator {
	return &Indicator{Name: slo.GRPCLatency, Family: GRPC, judge: latency}
}
