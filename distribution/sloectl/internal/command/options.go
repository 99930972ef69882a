// SPDX-License-Identifier: Apache-2.0

package command

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/sloe-dev/sloe/distribution/sloectl/internal/client"
)

// options are the flags that every command has.
type options struct {
	getenv   func(string) string
	endpoint string
	token    string
	output   string
	timeout  time.Duration

	namespace, environment string
}

// tokenVariable gives the token where a command line would show it.
const tokenVariable = "SLOE_TOKEN"

func (o *options) register(flags *pflag.FlagSet) {
	flags.StringVar(&o.endpoint, "endpoint", "http://localhost:7560", "URL of the budget endpoint")
	flags.StringVar(&o.token, "token", "", "bearer token for the endpoint (default: the variable "+tokenVariable+")")
	flags.StringVarP(&o.output, "output", "o", "table", "table, json or yaml")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long to wait for the answer")
	flags.StringVar(&o.namespace, "namespace", "", "service.namespace, where a name alone fits several services")
	flags.StringVar(&o.environment, "environment", "", "deployment.environment.name, where a name alone fits several services")
}

// validate checks what the flag library does not.
func (o *options) validate() error {
	if !slices.Contains([]string{"table", "json", "yaml"}, o.output) {
		return fmt.Errorf("--output must be table, json or yaml, not %q", o.output)
	}
	if o.timeout <= 0 {
		return fmt.Errorf("--timeout must be more than 0, not %s", o.timeout)
	}
	return nil
}

// query tells an empty flag, which means services without one, from no flag.
func (o *options) query(flags *pflag.FlagSet, service string) client.Query {
	q := client.Query{Service: service}
	if flags.Changed("namespace") {
		q.Namespace = &o.namespace
	}
	if flags.Changed("environment") {
		q.Environment = &o.environment
	}
	return q
}

// client returns the client, and a context that ends with the timeout.
func (o *options) client(ctx context.Context) (*client.Client, context.Context, context.CancelFunc) {
	token := o.token
	if token == "" {
		token = o.getenv(tokenVariable)
	}
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true // one question, one connection
	return &client.Client{Endpoint: o.endpoint, Token: token, HTTP: &http.Client{Transport: transport}}, ctx, cancel
}
