// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/extension"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/metadata"
)

type Config struct{}

// NewFactory returns the factory of the extension.
func NewFactory() extension.Factory {
	return extension.NewFactory(metadata.Type, func() component.Config { return &Config{} }, nil, metadata.ExtensionStability)
}
