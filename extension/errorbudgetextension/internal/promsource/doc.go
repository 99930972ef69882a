// SPDX-License-Identifier: Apache-2.0

// Package promsource counts what a Prometheus knows. It reads the raw samples of
// cumulative counters, page by page in time, and makes batches of increments by
// minute of them.
//
// Why raw samples, and no rate or increase: those extrapolate to the edges of their
// range and give fractions. The difference of two samples is an integer, and it
// does not matter how often a sample is read, how late it comes, or whether one in
// between is missing.
//
// What was read is a cursor: the last sample of each series, and the time up to
// which all were read. It is made durable together with the counts, so that a
// crash repeats no increment and leaves none out.
//
// The package knows no HTTP and reads no clock of its own.
package promsource // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promsource"
