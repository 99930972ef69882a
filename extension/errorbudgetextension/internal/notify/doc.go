// SPDX-License-Identifier: Apache-2.0

// Package notify tells Alertmanagers and webhooks of alerts. Each receiver has
// its own queue and its own pace: one that is away holds up no other.
package notify // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/notify"
