// SPDX-License-Identifier: Apache-2.0

// Package alert decides once a minute, on closed minutes, which alerts fire. It
// knows no HTTP, no storage and reads no clock: what is sent where is the
// business of package notify.
//
// An alert is pending while its condition holds for less than it has to, firing
// from then on, and resolved once the condition ended. Alerts are known by their
// labels, so a restart finds the same ones again.
package alert // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
