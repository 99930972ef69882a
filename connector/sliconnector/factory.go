// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"

	"github.com/sloe-dev/sloe/connector/sliconnector/internal/metadata"
)

type Config struct{}

// NewFactory returns the factory of the connector.
func NewFactory() connector.Factory {
	return connector.NewFactory(metadata.Type, func() component.Config { return &Config{} })
}
