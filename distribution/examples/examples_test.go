// SPDX-License-Identifier: Apache-2.0

// Package examples plays the callers of the examples, with their files, against a
// running extension.
package examples

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.yaml.in/yaml/v3"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension"
	"github.com/sloe-dev/sloe/internal/slo"
)

const service = "payment-api"

// endpoint starts an extension in which the service spent so much of 10,000
// events at 99.5 % that the state is the one of the name.
func endpoint(t *testing.T, bad uint64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	factory := errorbudgetextension.NewFactory()
	cfg := factory.CreateDefaultConfig()
	require.NoError(t, confmap.NewFromStringMap(map[string]any{
		"http": map[string]any{"endpoint": address}, "storage_directory": t.TempDir(), "commit_interval": "10ms",
	}).Unmarshal(cfg))
	e, err := factory.Create(context.Background(), extensiontest.NewNopSettings(factory.Type()), cfg)
	require.NoError(t, err)
	require.NoError(t, e.Start(context.Background(), componenttest.NewNopHost()))
	t.Cleanup(func() { require.NoError(t, e.Shutdown(context.Background())) })
	now := slo.MinuteOf(time.Now())
	writer := slo.Writer{Instance: "w"}
	key := slo.Key{Service: slo.Service{Name: service, Environment: "production"}, SLI: slo.HTTPAvailability}
	e.(slo.Recorder).Heartbeat(now, writer)
	e.(slo.Recorder).Add(key, now-90, 10_000-bad, bad, "d", writer)
	url := "http://" + address
	require.Eventually(t, func() bool {
		response, err := http.Get(url + "/v1/gate/" + service)
		if err != nil {
			return false
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		return strings.Contains(string(body), "_availability")
	}, 10*time.Second, 10*time.Millisecond)
	return url
}

// states are what the callers meet: bad events, and whether a release may go out.
var states = []struct {
	name  string
	bad   uint64
	allow bool
	how   string
}{
	{"NORMAL", 0, true, "full"}, {"CANARY", 30, true, "canary"}, {"FREEZE", 60, false, "none"},
}

func read(t *testing.T, into any, parts ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(data, into))
}

func TestShell(t *testing.T) {
	for _, s := range states {
		cmd := exec.Command("shell/release.sh", service, "sh", "-c", "echo deployed as $SLOE_STRATEGY up to $SLOE_MAX_WEIGHT")
		cmd.Env = append(os.Environ(), "SLOE_ENDPOINT="+endpoint(t, s.bad))
		out, err := cmd.CombinedOutput()
		assert.Equal(t, s.allow, err == nil, string(out))
		if s.allow {
			assert.Contains(t, string(out), "deployed as "+s.how+" up to 10")
		} else {
			assert.Contains(t, string(out), "no release of payment-api (423)")
		}
	}
}

func TestGitHubActions(t *testing.T) {
	var workflow struct {
		Jobs map[string]struct {
			Env   map[string]string
			Steps []struct{ ID, Run string }
		}
	}
	read(t, &workflow, "github-actions", "release.yaml")
	step := workflow.Jobs["budget"].Steps[0]
	require.Equal(t, "ask", step.ID)
	for _, s := range states {
		dir := t.TempDir()
		cmd := exec.Command("bash", "-c", step.Run)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "SLOE_ENDPOINT="+endpoint(t, s.bad), "SLOE_TOKEN=", "SERVICE="+workflow.Jobs["budget"].Env["SERVICE"],
			"GITHUB_OUTPUT="+filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary"))
		out, err := cmd.CombinedOutput()
		assert.Equal(t, s.allow, err == nil, string(out))
		assert.Equal(t, s.name == "CANARY", strings.Contains(string(out), "::warning"))
		summary, err := os.ReadFile(filepath.Join(dir, "summary"))
		require.NoError(t, err)
		assert.Contains(t, string(summary), `"state":"`+s.name+`"`)
		if s.allow {
			output, err := os.ReadFile(filepath.Join(dir, "output"))
			require.NoError(t, err)
			assert.Equal(t, "strategy="+s.how+"\n", string(output))
		}
	}
}

// Argo takes a status other than 2xx for an error, follows the path into the
// body, and holds what it finds against the condition.
func TestArgo(t *testing.T) {
	var template struct {
		Spec struct {
			Metrics []struct {
				SuccessCondition string `yaml:"successCondition"`
				Provider         struct {
					Web struct{ Method, URL, JSONPath string }
				}
			}
		}
	}
	read(t, &template, "argo", "analysis-template.yaml")
	raw := map[string]any{}
	read(t, &raw, "argo", "analysis-template.yaml")
	metric := template.Spec.Metrics[0]
	require.Equal(t, "result == true", metric.SuccessCondition)
	require.Contains(t, fmt.Sprint(raw), "{$.allow}")
	for _, s := range states {
		target := strings.NewReplacer("{{args.endpoint}}", endpoint(t, s.bad), "{{args.service}}", service).Replace(metric.Provider.Web.URL)
		request, err := http.NewRequest(metric.Provider.Web.Method, target, http.NoBody)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		var body map[string]any
		require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode)
		assert.Equal(t, s.allow, body["allow"] == true)
	}
}

func TestFlagger(t *testing.T) {
	var canary struct {
		Spec struct {
			Analysis struct {
				Webhooks []struct{ Type, URL string }
			}
		}
	}
	read(t, &canary, "flagger", "canary.yaml")
	hook := canary.Spec.Analysis.Webhooks[0]
	require.Equal(t, "confirm-rollout", hook.Type)
	for _, s := range states {
		target := strings.Replace(hook.URL, "http://sloe.observability.svc:7560", endpoint(t, s.bad), 1)
		payload := `{"name":"payment-api","namespace":"prod","phase":"Progressing","checksum":"85d557f47b","metadata":{}}`
		response, err := http.Post(target, "application/json", strings.NewReader(payload))
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, s.allow, response.StatusCode == http.StatusOK, s.name)
	}
}

func TestKubernetes(t *testing.T) {
	var webhook struct {
		Webhooks []struct {
			ClientConfig struct {
				Service struct{ Path string }
			} `yaml:"clientConfig"`
		}
	}
	read(t, &webhook, "kubernetes", "webhook.yaml")
	path := webhook.Webhooks[0].ClientConfig.Service.Path
	for _, s := range states {
		review := `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u","operation":"CREATE","object":
			{"kind":"Deployment","metadata":{"labels":{"app.kubernetes.io/name":"payment-api"}},"spec":{"template":{"spec":{}}}}}}`
		response, err := http.Post(endpoint(t, s.bad)+path, "application/json", strings.NewReader(review))
		require.NoError(t, err)
		var body struct {
			Response struct {
				Allowed  bool
				Warnings []string
			}
		}
		require.NoError(t, json.NewDecoder(response.Body).Decode(&body))
		require.NoError(t, response.Body.Close())
		assert.Equal(t, s.allow, body.Response.Allowed)
		assert.Equal(t, s.name == "CANARY", len(body.Response.Warnings) == 1)
	}
}
