// SPDX-License-Identifier: Apache-2.0

// Package replay feeds counts through the windows, the policy and the alerts of
// the extension at speed, under a fake clock, and says what would have happened
// when. The counts are synthetic, a budget script, or recorded, a table of CSV.
package replay // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/replay"
