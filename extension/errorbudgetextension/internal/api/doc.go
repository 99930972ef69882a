// SPDX-License-Identifier: Apache-2.0

// Package api answers over HTTP. It words assessments; it decides nothing.
package api // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/api"
