// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
)

// groupGRPC is a group of its own: gRPC travels over HTTP/2, which is looked for, with
// all that it carries, if either it or http is asked for.
const groupGRPC = "grpc"

// defaultProtocols are looked for unless the key protocols says otherwise.
var defaultProtocols = []string{registry.GroupHTTP, groupGRPC, registry.GroupSQL, registry.GroupRedis}

// protocolGroups are what the key protocols may name.
var protocolGroups = append(slices.Clone(defaultProtocols), registry.GroupMemcached)

func validateProtocols(groups []string) []error {
	if len(groups) == 0 {
		return []error{errors.New("protocols: none is named, and nothing would be counted")}
	}
	var errs []error
	for i, g := range groups {
		if !slices.Contains(protocolGroups, strings.ToLower(g)) {
			errs = append(errs, fmt.Errorf("protocols[%d]: %q is not one of %s", i, g, strings.Join(protocolGroups, ", ")))
		}
	}
	return errs
}

// detected returns the protocols of groups as the kernel numbers them.
func detected(groups []string) []uint8 {
	out := []uint8{}
	for _, g := range groups {
		out = append(out, registry.Detected(strings.ToLower(g))...)
	}
	return out
}

// multiplexed tells whether HTTP/2 is looked for.
func multiplexed(groups []string) bool {
	return slices.ContainsFunc(groups, func(g string) bool {
		g = strings.ToLower(g)
		return g == groupGRPC || g == registry.GroupHTTP
	})
}
