// SPDX-License-Identifier: Apache-2.0

package admission

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/sloe-dev/sloe/internal/budgetapi"
	"github.com/sloe-dev/sloe/internal/slo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const pods = `{"metadata":{"labels":{"app.kubernetes.io/name":"shop"}},"spec":{"containers":[{"image":"shop:1","name":"shop"}]}}`

func workload(template string) string {
	return `{"kind":"Deployment","spec":{"template":` + template + `}}`
}

// frozen never allows, and remembers who was asked for.
func frozen(asked *[]slo.Service) Gate {
	return func(s slo.Service) budgetapi.Gate {
		*asked = append(*asked, s)
		return budgetapi.Gate{Service: s.Name, State: "FREEZE", DecisionID: "id", NextState: &budgetapi.Next{State: "NORMAL", Earliest: time.Unix(0, 0).UTC()}}
	}
}

func TestWhatIsARelease(t *testing.T) {
	restarted := strings.Replace(pods, `"metadata":{`, `"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":"now"},`, 1)
	reordered := strings.Replace(pods, `"image":"shop:1","name":"shop"`, `"name":"shop","image":"shop:1"`, 1)
	newer := strings.Replace(pods, "shop:1", "shop:2", 1)
	for _, tt := range []struct {
		name, operation, sub, object, before string
		release                              bool
	}{
		{"a new deployment", "CREATE", "", workload(pods), "null", true},
		{"another image", "UPDATE", "", workload(newer), workload(pods), true},
		{"another scale", "UPDATE", "", `{"spec":{"replicas":9,"template":` + pods + `}}`, workload(pods), false},
		{"by the scale subresource", "UPDATE", "scale", `{}`, `{}`, false},
		{"a restart of the same", "UPDATE", "", workload(restarted), workload(pods), false},
		{"the same in another order", "UPDATE", "", workload(reordered), workload(pods), false},
		{"a deletion", "DELETE", "", "null", workload(pods), false},
		{"a connection", "CONNECT", "", "", "", false},
		{"a pod", "CREATE", "", `{"kind":"Pod","metadata":{"labels":{"app.kubernetes.io/name":"shop"}},"spec":{"containers":[]}}`, "", true},
		{"a cron job", "CREATE", "", `{"kind":"CronJob","spec":{"jobTemplate":{"spec":{"template":` + pods + `}}}}`, "", true},
		{"a template that became readable", "UPDATE", "", workload(pods), `{"metadata":{"labels":{}}}`, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var asked []slo.Service
			r := &Request{UID: "u", Operation: tt.operation, SubResource: tt.sub, Object: json.RawMessage(tt.object), OldObject: json.RawMessage(tt.before)}
			got, err := Judge(r, DefaultKeys(), frozen(&asked))
			require.NoError(t, err)
			assert.Equal(t, !tt.release, got.Response.Allowed)
			assert.Equal(t, tt.release, len(asked) == 1)
			if tt.release {
				assert.Equal(t, "shop", asked[0].Name)
				assert.Contains(t, got.Response.Status.Message, "NORMAL at the earliest 1970-01-01 00:00 UTC (decision id)")
			}
		})
	}
}

func TestWhoIsAskedFor(t *testing.T) {
	keys := DefaultKeys()
	for _, tt := range []struct {
		name, object string
		want         slo.Service
	}{
		{"the recommended label", workload(pods), slo.Service{Name: "shop"}},
		{"of the object, if the pods have none", `{"metadata":{"labels":{"app.kubernetes.io/name":"x"}},"spec":{"template":{}}}`, slo.Service{Name: "x"}},
		{"the instance before the name", `{"metadata":{"labels":{"app.kubernetes.io/name":"x","app.kubernetes.io/instance":"y"}}}`, slo.Service{Name: "y"}},
		{"annotations before labels", `{"metadata":{"labels":{"app.kubernetes.io/name":"x"},"annotations":{
			"resource.opentelemetry.io/service.name":"a","resource.opentelemetry.io/service.namespace":"b",
			"resource.opentelemetry.io/deployment.environment.name":"c"}}}`, slo.Service{Name: "a", Namespace: "b", Environment: "c"}},
		{"pods before the object", `{"metadata":{"labels":{"app.kubernetes.io/name":"x"}},"spec":{"template":` + pods + `}}`, slo.Service{Name: "shop"}},
	} {
		var asked []slo.Service
		_, err := Judge(&Request{UID: "u", Operation: "CREATE", Object: json.RawMessage(tt.object)}, keys, frozen(&asked))
		require.NoError(t, err)
		assert.Equal(t, []slo.Service{tt.want}, asked, tt.name)
	}
}

func TestParseRefuses(t *testing.T) {
	for body, want := range map[string]string{
		``: "no JSON", `[]`: "no JSON", `{}`: `not "" of ""`,
		`{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u"}}`: "list v1 in admissionReviewVersions",
		`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`:                            "no request with a uid",
		`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}`:               "no request with a uid",
	} {
		_, err := Parse([]byte(body))
		assert.ErrorContains(t, err, want, body)
	}
	for _, r := range []*Request{
		{Operation: "CREATE", Object: json.RawMessage(`[]`)},
		{Operation: "UPDATE", Object: json.RawMessage(`{}`), OldObject: json.RawMessage(`3`)},
	} {
		_, err := Judge(r, DefaultKeys(), nil)
		assert.ErrorContains(t, err, "the object cannot be read")
	}
}

func TestWarningsAreBounded(t *testing.T) {
	long := respond("u", budgetapi.Gate{Service: strings.Repeat("ü", 200), State: "CANARY", Allow: true, Strategy: budgetapi.Strategy{Type: "canary", MaxWeight: 10}})
	assert.LessOrEqual(t, len(long.Warnings[0]), maxWarning)
	assert.True(t, strings.HasSuffix(long.Warnings[0], "..."))
}
