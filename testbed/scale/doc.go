// SPDX-License-Identifier: Apache-2.0

// Scale runs the error_budget extension with a fleet of services, as a process of
// its own on a disk of its own, and says what that takes: the CPU time of a
// Recorder.Add, how long the gate takes while it is asked all the time, what
// alerts, metrics and pages cost, memory, disk, and the time of a restart. At the
// end it holds the sums that are answered against those that were added.
//
// It is a benchmark, run by `make bench-scale`, and no test: on a busy machine its
// times say little. Only the sums decide how it exits.
package main
