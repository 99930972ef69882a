// SPDX-License-Identifier: Apache-2.0

package override

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/internal/auditlog"
	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

type desk struct {
	*Book
	t   *testing.T
	now time.Time
	dir string
	log *auditlog.Log
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, now: noon, dir: t.TempDir()}
	d.open()
	t.Cleanup(func() { require.NoError(t, d.log.Close()) })
	return d
}

func (d *desk) open() {
	log, opened, err := auditlog.Open(d.dir, d.now)
	require.NoError(d.t, err)
	d.log = log
	d.Book, err = NewBook(log, opened.Records, func() time.Time { return d.now })
	require.NoError(d.t, err)
}

func (d *desk) restart() {
	require.NoError(d.t, d.log.Close())
	d.open()
}

func request(allow bool, hours int) budgetapi.OverrideRequest {
	return budgetapi.OverrideRequest{
		Actor: "ann", Reason: "the fix of the outage", Ticket: "OPS-7", Service: "shop", Allow: &allow, Until: noon.Add(time.Duration(hours) * time.Hour),
	}
}

func (d *desk) set(r budgetapi.OverrideRequest) budgetapi.OverrideEntry {
	d.t.Helper()
	e, err := d.Set(r, "ann@example")
	require.NoError(d.t, err)
	return e
}

func (d *desk) events() string {
	records, err := d.log.Read(0, 100)
	require.NoError(d.t, err)
	var out []string
	for _, r := range records {
		out = append(out, r.Event+" by "+r.Actor)
	}
	return strings.Join(out, ", ")
}

func TestAnOverrideEndsByItself(t *testing.T) {
	d := newDesk(t)
	e := d.set(request(true, 2))
	o := d.For(slo.Service{Name: "shop", Namespace: "retail"}, d.now)
	require.NotNil(t, o)
	assert.Equal(t, "OPS-7", o.Ticket)
	assert.True(t, o.Allow)
	assert.Nil(t, d.For(slo.Service{Name: "other"}, d.now))

	d.restart()
	assert.Equal(t, []budgetapi.OverrideEntry{e}, d.InForce(), "a restart keeps it")
	d.now = noon.Add(2 * time.Hour)
	assert.Nil(t, d.For(slo.Service{Name: "shop"}, d.now), "the end is exact")
	assert.Empty(t, d.InForce())
	require.NoError(t, d.Expire())
	require.NoError(t, d.Expire())
	assert.Equal(t, "override_set by ann, override_expired by the collector", d.events())
	d.restart()
	assert.Empty(t, d.InForce())
}

func TestClear(t *testing.T) {
	d := newDesk(t)
	e := d.set(request(true, 2))
	_, err := d.Clear(e.ID, "", "", "")
	assert.ErrorIs(t, err, ErrInvalid)
	_, err = d.Clear("none", "bob", "", "")
	assert.ErrorIs(t, err, ErrUnknown)
	cleared, err := d.Clear(e.ID, "bob", "done", "bob@example")
	require.NoError(t, err)
	assert.Equal(t, e, cleared)
	assert.Nil(t, d.For(slo.Service{Name: "shop"}, d.now))
	_, err = d.Clear(e.ID, "bob", "", "")
	assert.ErrorIs(t, err, ErrUnknown)
	assert.Equal(t, "override_set by ann, override_cleared by bob", d.events())
	d.restart()
	assert.Empty(t, d.InForce())
}

func TestScopeAndPrecedence(t *testing.T) {
	d := newDesk(t)
	prod := "prod"
	refuse := request(false, 1)
	refuse.Environment = &prod
	d.set(refuse)
	d.now = noon.Add(time.Minute)
	d.set(request(true, 3))
	in := func(environment string) bool {
		return d.For(slo.Service{Name: "shop", Environment: environment}, d.now).Allow
	}
	assert.False(t, in("prod"), "who refuses wins over who allows later")
	assert.True(t, in("test"))
	d.now = noon.Add(time.Hour)
	assert.True(t, in("prod"))
}

func TestWhatARequestNeeds(t *testing.T) {
	d := newDesk(t)
	long := strings.Repeat("x", maxReason+1)
	for name, tt := range map[string]struct {
		change func(r *budgetapi.OverrideRequest)
		want   string
	}{
		"actor":          {func(r *budgetapi.OverrideRequest) { r.Actor = " " }, `"actor" must be given`},
		"reason":         {func(r *budgetapi.OverrideRequest) { r.Reason = "" }, `"reason" must be given`},
		"long reason":    {func(r *budgetapi.OverrideRequest) { r.Reason = long }, `"reason" must be text of at most 4096 bytes`},
		"ticket":         {func(r *budgetapi.OverrideRequest) { r.Ticket = "" }, `"ticket" must be given`},
		"service":        {func(r *budgetapi.OverrideRequest) { r.Service = "" }, `"service" must be given`},
		"no text":        {func(r *budgetapi.OverrideRequest) { r.Service = "\xff" }, `"service" must be text`},
		"namespace":      {func(r *budgetapi.OverrideRequest) { r.Namespace = &long }, `"namespace" must be text of at most 1024 bytes`},
		"allow":          {func(r *budgetapi.OverrideRequest) { r.Allow = nil }, `"allow" must be true`},
		"past":           {func(r *budgetapi.OverrideRequest) { r.Until = noon }, `"until" must be a time`},
		"too long":       {func(r *budgetapi.OverrideRequest) { r.Until = noon.Add(24*time.Hour + time.Second) }, "to 24 h from now, 2026-03-02T12:00:00Z"},
		"no end":         {func(r *budgetapi.OverrideRequest) { r.Until = time.Time{} }, `"until" must be a time`},
		"several things": {func(r *budgetapi.OverrideRequest) { *r = budgetapi.OverrideRequest{} }, `"allow" must be`},
	} {
		r := request(true, 1)
		tt.change(&r)
		_, err := d.Set(r, "")
		assert.ErrorIs(t, err, ErrInvalid, name)
		assert.ErrorContains(t, err, tt.want, name)
	}
	r := request(true, 24)
	d.set(r)
	assert.Equal(t, "override_set by ann", d.events(), "a refused request leaves nothing behind")
	for range maxInForce - 1 {
		d.inForce[strings.Repeat("i", len(d.inForce)+1)] = budgetapi.OverrideEntry{Until: r.Until}
	}
	_, err := d.Set(r, "")
	assert.ErrorContains(t, err, "1000 are in force")
}

// full refuses to write.
type full struct{}

func (full) Append(time.Time, string, string, any) (auditlog.Record, error) {
	return auditlog.Record{}, errors.New("no space left")
}

func TestWhatIsNotWrittenIsNotInForce(t *testing.T) {
	b, err := NewBook(full{}, nil, func() time.Time { return noon })
	require.NoError(t, err)
	_, err = b.Set(request(true, 1), "")
	assert.EqualError(t, err, "no space left")
	assert.Empty(t, b.InForce())
	_, err = NewBook(full{}, []auditlog.Record{{Event: eventSet, Data: []byte("1")}}, nil)
	assert.Error(t, err)
	_, err = NewBook(full{}, []auditlog.Record{{Event: eventCleared, Data: []byte("1")}}, nil)
	assert.Error(t, err)
}
