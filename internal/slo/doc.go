// SPDX-License-Identifier: Apache-2.0

// Package slo holds what the components share about service level objectives:
// the names of services and indicators, the catalogue of objectives, and the
// Recorder through which counts reach the error budgets.
//
// The four components never import each other. The connector finds the
// error_budget extension through the host's extensions and sees only the
// Recorder and the Catalogue of this package. It knows no pdata, no HTTP and no
// storage.
package slo // import "github.com/sloe-dev/sloe/internal/slo"
