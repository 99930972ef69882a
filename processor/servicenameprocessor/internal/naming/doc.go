// SPDX-License-Identifier: Apache-2.0

// Package naming decides what a service is called, from its process's executable
// and command line. It knows no pdata and no clock; what it knows of interpreters
// is in tables.yaml.
package naming // import "github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/naming"
