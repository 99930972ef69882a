// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const window30d = slo.Minute(30 * 24 * 60)

var (
	shop   = slo.Service{Namespace: "retail", Name: "shop", Environment: "prod"}
	shopOK = SeriesID{Key: slo.Key{Service: shop, SLI: slo.HTTPAvailability}, Definition: "d1"}
	w1     = slo.Writer{Instance: "w1", StartUnixNano: 1}
	w2     = slo.Writer{Instance: "w2", StartUnixNano: 1}
	// start is a full hour, far from zero.
	start = slo.MinuteOf(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
)

func month(slo.Service) time.Duration { return 30 * 24 * time.Hour }

// desk is a Pending and a Ledger under a clock that the test sets.
type desk struct {
	now     time.Time
	pending *Pending
	ledger  *Ledger
}

func newDesk() *desk {
	d := &desk{now: start.Time(), ledger: NewLedger(month)}
	d.pending = NewPending(func() time.Time { return d.now })
	return d
}

// at sets the clock to a distance from start.
func (d *desk) at(since time.Duration) { d.now = start.Time().Add(since) }

func (d *desk) add(minute slo.Minute, good, bad uint64) {
	d.pending.Add(shopOK.Key, minute, good, bad, shopOK.Definition, w1)
}

func (d *desk) flush() { d.ledger.Apply(d.pending.Drain()) }

func (d *desk) view() View {
	d.flush()
	return d.ledger.View(shop, d.now, 3*time.Minute)
}

func (d *desk) counts(t *testing.T) Counts {
	t.Helper()
	v := d.view()
	if len(v.Indicators) != 1 {
		t.Fatalf("expected one indicator, got %d", len(v.Indicators))
	}
	return v.Indicators[0].Counts
}

// series is the first one of the shop's.
func (d *desk) series() *series { return d.ledger.shardOf(shop.Name).services[shop].series[0] }
