// SPDX-License-Identifier: Apache-2.0

package indicator

import "github.com/sloe-dev/sloe/internal/slo"

// grpcAvailability: a gRPC call fails by one of the six status codes that blame the
// server. See grpcStatus.
func grpcAvailability() *Indicator {
	return &Indicator{Name: slo.GRPCAvailability, Family: GRPC, judge: availability}
}
