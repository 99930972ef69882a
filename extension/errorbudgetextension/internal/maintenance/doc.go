// SPDX-License-Identifier: Apache-2.0

// Package maintenance reads which stretches of time are planned maintenance, so
// that no budget pays for them: single ones and such as come again by a rule of
// RFC 5545, for services named by patterns.
package maintenance // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/maintenance"
