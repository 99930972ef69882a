// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package servicenameprocessor gives interpreted programs their real service names.
package servicenameprocessor // import "github.com/sloe-dev/sloe/processor/servicenameprocessor"
