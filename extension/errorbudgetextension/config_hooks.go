// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/admission"
	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/github"
)

// KubernetesConfig says where objects that Kubernetes asks about name their
// service: annotations or labels, the first that is set wins.
type KubernetesConfig struct {
	ServiceKeys     []string `mapstructure:"service_keys"`
	NamespaceKeys   []string `mapstructure:"namespace_keys"`
	EnvironmentKeys []string `mapstructure:"environment_keys"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// GitHubConfig says how deployment protection rules are answered. Without a
// secret they are not.
type GitHubConfig struct {
	// WebhookSecret signs GitHub's deliveries.
	WebhookSecret configopaque.String `mapstructure:"webhook_secret"`
	// APIURL is the root of the API that is called back, such as
	// https://api.github.com. Empty, nobody is ever called.
	APIURL string `mapstructure:"api_url"`
	// Token authenticates calls; or AppID and PrivateKeyFile do.
	Token          configopaque.String `mapstructure:"token"`
	AppID          string              `mapstructure:"app_id"`
	PrivateKeyFile string              `mapstructure:"private_key_file"`
	// Strategy is what a release needs to be approved: canary or full.
	Strategy string `mapstructure:"strategy"`
	// Services are the services of repositories (owner/name) not named alike.
	Services map[string]string `mapstructure:"services"`

	// prevent unkeyed literal initialization
	_ struct{}
}

func defaultKubernetes() KubernetesConfig {
	keys := admission.DefaultKeys()
	return KubernetesConfig{ServiceKeys: keys.Service, NamespaceKeys: keys.Namespace, EnvironmentKeys: keys.Environment}
}

// Validate says what is wrong with the keys.
func (c *KubernetesConfig) Validate() error {
	var errs error
	if len(c.ServiceKeys) == 0 {
		errs = errors.New("`service_keys` must list at least one annotation or label, such as app.kubernetes.io/name")
	}
	for key, listed := range map[string][]string{
		"service_keys": c.ServiceKeys, "namespace_keys": c.NamespaceKeys, "environment_keys": c.EnvironmentKeys,
	} {
		for i, k := range listed {
			if k == "" {
				errs = errors.Join(errs, fmt.Errorf("`%s[%d]` must be the name of an annotation or label, not empty", key, i))
			}
		}
	}
	return errs
}

func (c *KubernetesConfig) keys() admission.Keys {
	return admission.Keys{Service: c.ServiceKeys, Namespace: c.NamespaceKeys, Environment: c.EnvironmentKeys}
}

// Validate says what is wrong with the keys, and which belong together.
func (c *GitHubConfig) Validate() error {
	var errs error
	fail := func(format string, args ...any) { errs = errors.Join(errs, fmt.Errorf(format, args...)) }
	byApp := c.AppID != "" || c.PrivateKeyFile != ""
	if c.Strategy != "canary" && c.Strategy != "full" {
		fail("`strategy` must be canary or full, not %q", c.Strategy)
	}
	if c.WebhookSecret == "" && (c.APIURL != "" || c.Token != "" || byApp || len(c.Services) > 0) {
		fail("`webhook_secret` must be set for anything else of `github` to have an effect")
	}
	if (c.AppID == "") != (c.PrivateKeyFile == "") {
		fail("`app_id` and `private_key_file` must be set together")
	}
	if c.APIURL == "" {
		if c.Token != "" || byApp {
			fail("`api_url` must be set for GitHub to be called, such as https://api.github.com")
		}
		return errs
	}
	u, err := url.Parse(c.APIURL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		fail("`api_url` must be an http or https URL without a query, such as https://api.github.com, not %q", c.APIURL)
	}
	if (c.Token == "") == !byApp {
		fail("`token`, or `app_id` and `private_key_file`, must be set with `api_url`, and not both")
	}
	return errs
}

// app returns what answers deployment protection rules, nil if nothing is to.
func (e *budgetExtension) app() (*github.App, error) {
	c := &e.cfg.GitHub
	if c.WebhookSecret == "" {
		return nil, nil
	}
	var key *rsa.PrivateKey
	if c.PrivateKeyFile != "" {
		data, err := os.ReadFile(c.PrivateKeyFile)
		if err != nil {
			return nil, fmt.Errorf("`github::private_key_file`: %w", err)
		}
		if key, err = github.ParseKey(data); err != nil {
			return nil, fmt.Errorf("`github::private_key_file` must be the App's private key: %w", err)
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // events are few
	return github.New(github.Settings{
		Secret:   []byte(c.WebhookSecret),
		APIURL:   strings.TrimSuffix(c.APIURL, "/"),
		Token:    string(c.Token),
		AppID:    c.AppID,
		Key:      key,
		FullOnly: c.Strategy == "full",
		Services: c.Services,
		Client:   &http.Client{Transport: transport},
		Clock:    e.clock,
	}), nil
}
