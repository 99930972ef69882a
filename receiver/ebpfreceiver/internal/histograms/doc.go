// SPDX-License-Identifier: Apache-2.0

// Package histograms keeps the duration histograms: those of the semantic
// conventions, which hold every exchange, and sloe.unspanned.duration, which
// holds just the ones that became no span.
package histograms // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/histograms"
