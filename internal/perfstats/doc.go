// SPDX-License-Identifier: Apache-2.0

// Package perfstats tells what running receivers cost: it reads the programs and
// maps that they have in the kernel, whoever loaded them and however they are
// configured, and asks the receivers nothing.
package perfstats // import "github.com/sloe-dev/sloe/internal/perfstats"
