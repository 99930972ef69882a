// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/processor"

	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/metadata"
)

type Config struct{}

// NewFactory returns the factory of the processor.
func NewFactory() processor.Factory {
	return processor.NewFactory(metadata.Type, func() component.Config { return &Config{} })
}
