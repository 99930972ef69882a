// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/alert"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func firing(name string) alert.Alert {
	return alert.Alert{
		ID:    alert.ID{Service: slo.Service{Name: "shop", Namespace: "retail"}, SLO: "http_availability", Name: name},
		State: alert.Firing, Labels: map[string]string{"alertname": name}, Annotations: map[string]string{"summary": "s"}, StartsAt: noon,
	}
}

func resolved(name string) alert.Alert {
	a := firing(name)
	a.State, a.EndsAt = alert.Resolved, noon.Add(time.Minute)
	return a
}

// far is a receiver that a test makes fail.
type far struct {
	mu       sync.Mutex
	statuses []int // answered first, in this order; then 200
	bodies   []string
	outcomes []error
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bodies = append(f.bodies, string(body))
	if len(f.statuses) > 0 {
		w.WriteHeader(f.statuses[0])
		f.statuses = f.statuses[1:]
		_, _ = w.Write([]byte("no\n"))
	}
}

func (f *far) sent(_ string, _ int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes = append(f.outcomes, err)
}

func (f *far) seen() ([]string, []error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.bodies...), append([]error(nil), f.outcomes...)
}

func start(t *testing.T, f *far, encode func([]alert.Alert, time.Time) ([]byte, error)) *Receiver {
	server := httptest.NewServer(f)
	r := Start(Settings{
		URL: server.URL, Client: server.Client(), Clock: func() time.Time { return noon }, Encode: encode, Sent: f.sent,
		Retry: time.Millisecond, RetryAtMost: 4 * time.Millisecond,
	})
	t.Cleanup(func() { r.Close(); server.Close() })
	return r
}

func names(alerts []alert.Alert, _ time.Time) ([]byte, error) {
	out := ""
	for _, a := range alerts {
		out += fmt.Sprintf("%s %s;", a.ID.Name, a.State)
	}
	return []byte(out), nil
}

func TestRetriesUntilTaken(t *testing.T) {
	f := &far{statuses: []int{500, 503, 429, 404, 401}}
	r := start(t, f, names)
	r.Put([]alert.Alert{firing("a"), firing("b")})
	require.Eventually(t, func() bool { _, o := f.seen(); return len(o) == 6 && o[5] == nil }, 10*time.Second, time.Millisecond)
	bodies, outcomes := f.seen()
	for _, b := range bodies {
		assert.Equal(t, "a firing;b firing;", b)
	}
	assert.ErrorContains(t, outcomes[0], "answered 500: no")
}

func TestARefusedBodyIsNotSentAgain(t *testing.T) {
	f := &far{statuses: []int{400}}
	r := start(t, f, names)
	r.Put([]alert.Alert{firing("a")})
	require.Eventually(t, func() bool { _, o := f.seen(); return len(o) == 1 }, 10*time.Second, time.Millisecond)
	r.Put([]alert.Alert{firing("b")})
	require.Eventually(t, func() bool { _, o := f.seen(); return len(o) == 2 }, 10*time.Second, time.Millisecond)
	bodies, outcomes := f.seen()
	assert.Equal(t, []string{"a firing;", "b firing;"}, bodies)
	assert.EqualError(t, outcomes[0], "it was refused with 400: no")
	assert.NoError(t, outcomes[1])
}

// A receiver that was away learns how things are, not how they were.
func TestTheLatestStateWins(t *testing.T) {
	f := &far{}
	r := &Receiver{set: Settings{Encode: names}, wake: make(chan struct{}, 1), waiting: map[alert.ID]alert.Alert{}}
	r.Put([]alert.Alert{firing("a"), firing("b")})
	batch := r.take()
	r.Put([]alert.Alert{resolved("a")})
	r.putBack(batch)
	body, _ := names(r.take(), noon)
	assert.Equal(t, "a resolved;b firing;", string(body))
	assert.Empty(t, f.bodies)
}

func TestBatchesAreBounded(t *testing.T) {
	r := &Receiver{wake: make(chan struct{}, 1), waiting: map[alert.ID]alert.Alert{}}
	for i := range maxAlerts + 1 {
		r.Put([]alert.Alert{firing(fmt.Sprint(i))})
	}
	assert.Len(t, r.take(), maxAlerts)
	assert.Len(t, r.take(), 1)
}

func TestWhatCannotBeWrittenIsSaid(t *testing.T) {
	f := &far{}
	r := start(t, f, func([]alert.Alert, time.Time) ([]byte, error) { return nil, errors.New("broken") })
	r.Put([]alert.Alert{firing("a")})
	require.Eventually(t, func() bool { _, o := f.seen(); return len(o) > 1 }, 10*time.Second, time.Millisecond)
	_, outcomes := f.seen()
	assert.EqualError(t, outcomes[0], "write alerts: broken")
}

func TestEncoders(t *testing.T) {
	alerts := []alert.Alert{firing("a"), resolved("b")}
	body, err := Alertmanager("https://budgets.example/", 4*time.Minute)(alerts, noon.Add(time.Second))
	require.NoError(t, err)
	assert.JSONEq(t, `[
	 {"labels":{"alertname":"a"},"annotations":{"summary":"s"},"startsAt":"2026-03-01T12:00:00Z","endsAt":"2026-03-01T12:04:01Z",
	  "generatorURL":"https://budgets.example/v1/budgets/shop?namespace=retail"},
	 {"labels":{"alertname":"b"},"annotations":{"summary":"s"},"startsAt":"2026-03-01T12:00:00Z","endsAt":"2026-03-01T12:01:00Z",
	  "generatorURL":"https://budgets.example/v1/budgets/shop?namespace=retail"}]`, string(body))
	body, err = Webhook("")(alerts, noon.Add(time.Second))
	require.NoError(t, err)
	assert.JSONEq(t, `{"version":1,"sent_at":"2026-03-01T12:00:01Z","alerts":[
	 {"status":"firing","labels":{"alertname":"a"},"annotations":{"summary":"s"},"starts_at":"2026-03-01T12:00:00Z","ends_at":null},
	 {"status":"resolved","labels":{"alertname":"b"},"annotations":{"summary":"s"},"starts_at":"2026-03-01T12:00:00Z","ends_at":"2026-03-01T12:01:00Z"}]}`, string(body))
	assert.Equal(t, "http://a/", generatorURL("http://a", alert.Alert{}))
	assert.Equal(t, "http://a/v1/budgets/a%2Fb?environment=prod", generatorURL("http://a", alert.Alert{ID: alert.ID{Service: slo.Service{Name: "a/b", Environment: "prod"}}}))
}
