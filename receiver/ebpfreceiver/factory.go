// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/metadata"
)

type Config struct{}

// NewFactory returns the factory of the receiver.
func NewFactory() receiver.Factory {
	return receiver.NewFactory(metadata.Type, func() component.Config { return &Config{} })
}
