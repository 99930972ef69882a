// SPDX-License-Identifier: Apache-2.0

// Package budgetscript runs budget scripts: text files that load counts under a
// fake clock and say what the budgets are to answer. A script goes the way that
// counts go in the extension, from the Recorder over durable batches to the
// assessment, so each is a test of the whole.
//
// A script is made of commands, one a line, each with indented lines below it.
// A # starts a comment. The clock stands at 2026-03-01T00:00:00Z first.
//
//	catalogue                 the catalogue's YAML, indented
//	start 2026-03-01T00:00:00Z
//	load                      one series a line: service, indicator, and what each
//	  shop http_availability 100/0x60 85/15x10 -x5
//	                          minute from now on holds: good/bad, "-" for nothing;
//	                          "x60" repeats. "shop@w2" names the writer, w1 if not.
//	                          The clock moves to the end of the longest line.
//	  beat w1 x60 -x10        in which minutes a writer measures. Without such a
//	                          line a writer measures in every minute of its lines.
//	add 90m shop http_availability 10/1
//	                          counts that arrive now for a minute 90 minutes ago;
//	                          "-1m" is a minute ahead
//	open shop 3               requests that are unanswered now
//	skip 30d                  moves the clock, and nobody measures
//	exclusions                a file of planned maintenance, indented
//	restart                   starts over from what is durable
//	eval QUERY [ARGUMENT...]  asks; the indented lines are the answer, exactly
//
// Queries that every script may ask are gate, counts, coverage and incidents; a
// package may bring its own. Where a test calls scripttest.Test, the flag -update rewrites
// the answers.
package budgetscript // import "github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/budgetscript"
