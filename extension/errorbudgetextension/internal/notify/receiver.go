// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
)

// Settings of a Receiver.
type Settings struct {
	URL    string
	Client *http.Client
	Clock  func() time.Time
	// Encode writes the body of one request.
	Encode func(alerts []alert.Alert, now time.Time) ([]byte, error)
	// Sent is told the outcome of each request, with how many alerts it had. An
	// error that is not final is tried again.
	Sent func(url string, alerts int, err error)
	// Retry is the wait after the first failure; it doubles up to RetryAtMost.
	Retry, RetryAtMost time.Duration
}

// Receiver sends alerts to one address until Close. What waits is the latest
// state of each alert: its bound is the number of alerts there are.
type Receiver struct {
	set    Settings
	wake   chan struct{}
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	waiting map[alert.ID]alert.Alert
}

// maxAlerts bounds the alerts of one request.
const maxAlerts = 256

// Start returns a Receiver that sends what Put gives it.
func Start(set Settings) *Receiver {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Receiver{set: set, wake: make(chan struct{}, 1), cancel: cancel, waiting: map[alert.ID]alert.Alert{}}
	r.done.Add(1)
	go r.run(ctx)
	return r
}

// Put hands alerts over. It does not wait for them to be sent. A newer state of
// an alert takes the place of one that still waits.
func (r *Receiver) Put(alerts []alert.Alert) {
	r.mu.Lock()
	for _, a := range alerts {
		r.waiting[a.ID] = a
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it is awake
	}
}

// Close ends the Receiver. A request under way is broken off: what it carried is
// sent again after the next start, as far as it still fires.
func (r *Receiver) Close() {
	r.cancel()
	r.done.Wait()
	r.set.Client.CloseIdleConnections()
}

func (r *Receiver) run(ctx context.Context) {
	defer r.done.Done()
	wait := r.set.Retry
	for {
		batch := r.take()
		if len(batch) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-r.wake:
			}
			continue
		}
		err := r.send(ctx, batch)
		if ctx.Err() != nil {
			return
		}
		r.set.Sent(r.set.URL, len(batch), err)
		if err == nil || errors.As(err, new(refusal)) {
			wait = r.set.Retry // a body that is refused stays refused
			continue
		}
		r.putBack(batch)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, r.set.RetryAtMost)
	}
}

func (r *Receiver) take() []alert.Alert {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := slices.SortedFunc(maps.Keys(r.waiting), compareIDs)
	batch := make([]alert.Alert, 0, min(len(ids), maxAlerts))
	for _, id := range ids[:min(len(ids), maxAlerts)] {
		batch = append(batch, r.waiting[id])
		delete(r.waiting, id)
	}
	return batch
}

// putBack keeps what was not sent, unless it was overtaken meanwhile.
func (r *Receiver) putBack(batch []alert.Alert) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range batch {
		if _, newer := r.waiting[a.ID]; !newer {
			r.waiting[a.ID] = a
		}
	}
}
