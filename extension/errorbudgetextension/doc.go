// SPDX-License-Identifier: Apache-2.0

//go:generate go tool -modfile=../../internal/tools/go.mod mdatagen metadata.yaml

// Package errorbudgetextension keeps error budgets and answers whether a service may be released.
package errorbudgetextension // import "github.com/sloe-dev/sloe/extension/errorbudgetextension"
