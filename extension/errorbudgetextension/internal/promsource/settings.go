// SPDX-License-Identifier: Apache-2.0

package promsource

import (
	"context"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budget"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/promapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

// Labels are the names of the labels that say what a series counts.
type Labels struct {
	Service, Namespace, Environment string
	SLI, Outcome                    string
	// Writer are those that say who counted: the first that is set does.
	Writer []string
}

// Settings of a Reader. All are needed unless they say otherwise.
type Settings struct {
	// Samples visits the raw samples of the series that Selector selects between
	// two instants, in milliseconds. What it visited holds only without an error.
	Samples  func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error
	Selector string
	// Uncertain is the name of the counter of events that could not be judged, among
	// the series of Samples; empty if there is none. Its series have no outcome.
	Uncertain string
	Labels    Labels
	// Definition says by which definition an indicator counts.
	Definition func(slo.Key) slo.Definition
	// Deliver takes a batch over; after an error it did not.
	Deliver func(context.Context, *budget.Batch) error
	// OpenSamples visits those of the gauge of unanswered requests, and Open is told
	// of them; both are optional.
	OpenSamples func(ctx context.Context, from, to int64, visit func(promapi.Series) error) error
	Open        func(service slo.Service, minute slo.Minute, open uint64, writer slo.Writer)
	// WriterName gives the name by which a writer is known; optional.
	WriterName func(instance string) string
	Clock      func() time.Time

	// Interval is how often new samples are asked for.
	Interval time.Duration
	// Overlap is how late a sample may arrive and still be seen at once.
	Overlap time.Duration
	// MaxGap is how far apart two samples may be for the time between to be measured.
	MaxGap time.Duration
	// MaxSeries bounds what is held.
	MaxSeries int
	// FromZero says that a series which appears began at zero, whatever its first
	// sample is.
	FromZero bool
	// History is how far back to begin, where nothing was read before.
	History time.Duration
	// HistoryOnly has the Reader end where another feeder's counts begin.
	HistoryOnly bool

	// Report is told how each read went, nil if well.
	Report func(error)
	// Told is told what a page that was delivered held.
	Told func(Tally)
	// Progress is told how far a read of the past is, now and then, and its end.
	Progress func(Progress)
}

// Progress of a read.
type Progress struct {
	// Through is the instant up to which all was read.
	Through time.Time
	// Goal is where the read of the past ends.
	Goal time.Time
	// Series are those that are followed.
	Series int
	// Events were counted since the last report.
	Events uint64
	// CaughtUp: the past is read.
	CaughtUp bool
}
