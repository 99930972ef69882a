// SPDX-License-Identifier: Apache-2.0

package ui

import (
	"strconv"

	"github.com/sloe-dev/sloe/internal/budgetapi"
)

// queue is where the time of requests went.
type queue struct {
	Requests, Since string
	Width           string // of the waiting part of the bar
	Label           string
	Rows            []queueRow
}

type queueRow struct{ Name, Class, Share, Seconds, Median, P95 string }

func newQueue(q *budgetapi.Queue) *queue {
	if q == nil {
		return nil
	}
	return &queue{
		Requests: number(q.Requests), Since: minute(q.Since), Width: unit(q.Queue.Share * queueWidth),
		Label: percent(q.Queue.Share) + " waiting, " + percent(q.Handler.Share) + " being handled",
		Rows:  []queueRow{newQueueRow("waiting", "wait", q.Queue), newQueueRow("being handled", "fill", q.Handler)},
	}
}

const queueWidth = 300

func newQueueRow(name, class string, s budgetapi.TimeSpent) queueRow {
	seconds, err := strconv.ParseFloat(string(s.Seconds), 64)
	if err != nil {
		return queueRow{Name: name}
	}
	return queueRow{
		Name: name, Class: class, Share: percent(s.Share), Seconds: strconv.FormatFloat(seconds, 'f', 1, 64) + " s",
		Median: atMost(s.MedianMS), P95: atMost(s.P95MS),
	}
}

// atMost words an edge.
func atMost(ms *int64) string {
	switch {
	case ms == nil:
		return "over 10 s"
	case *ms >= 1000:
		return strconv.FormatInt(*ms/1000, 10) + " s"
	}
	return strconv.FormatInt(*ms, 10) + " ms"
}
