// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
)

// Config of the extension.
type Config struct {
	// HTTP is the server of the budget endpoint: TLS, authentication and CORS
	// included.
	HTTP confighttp.ServerConfig `mapstructure:"http"`
	// Catalogue holds the paths of the service catalogue: files, and directories
	// of them. Without one, every service gets the defaults of tier3.
	Catalogue []string `mapstructure:"catalogue"`
	// Exclusions is the path of a file of planned maintenance, which no budget pays
	// for.
	Exclusions string `mapstructure:"exclusions"`
	// ReloadInterval is how often the catalogue is looked at for changes.
	ReloadInterval time.Duration `mapstructure:"reload_interval"`
	// Source says where counts come from: the sli connector, or a Prometheus.
	Source string `mapstructure:"source"`
	// Prometheus is what counts are read from, or their past.
	Prometheus PrometheusConfig `mapstructure:"prometheus"`
	// StorageDirectory holds the counts. It is created if it is missing.
	StorageDirectory string `mapstructure:"storage_directory"`
	// AuditDirectory holds the audit log. Empty, it is StorageDirectory, or none
	// if Storage is set.
	AuditDirectory string `mapstructure:"audit_directory"`
	// Storage names a storage extension of the collector that holds the counts
	// instead of StorageDirectory.
	Storage *component.ID `mapstructure:"storage"`
	// CommitInterval is how often counts are made durable, and then served.
	CommitInterval time.Duration `mapstructure:"commit_interval"`
	// StaleAfter is how long after its last measured minute a service counts as
	// measured.
	StaleAfter time.Duration `mapstructure:"stale_after"`
	// Alerts are decided in the collector, and sent to those that it names.
	Alerts AlertsConfig `mapstructure:"alerts"`
	// SlothMetrics shows the series of Sloth at /metrics too.
	SlothMetrics bool `mapstructure:"sloth_metrics"`
	// Kubernetes is about the admission webhook.
	Kubernetes KubernetesConfig `mapstructure:"kubernetes"`
	// GitHub is about deployment protection rules.
	GitHub GitHubConfig `mapstructure:"github"`

	// prevent unkeyed literal initialization
	_ struct{}
}

const (
	defaultEndpoint         = "localhost:7560"
	defaultReloadInterval   = 5 * time.Second
	defaultStorageDirectory = "/var/lib/otelcol-sloe"
	defaultCommitInterval   = 500 * time.Millisecond
	defaultStaleAfter       = 3 * time.Minute

	// maxRequestBody bounds what any caller posts, in bytes; endpoints bound their
	// own further. The largest are the objects that Kubernetes asks about.
	maxRequestBody = 4 << 20
)

// Bounds of the intervals. A commit syncs the disk, so it is not to run all the
// time; and a count is promised to be served within a second.
const (
	minCommitInterval = 10 * time.Millisecond
	maxCommitInterval = time.Second
	minReloadInterval = 100 * time.Millisecond
	maxReloadInterval = time.Hour
	minStaleAfter     = time.Minute
	maxStaleAfter     = 24 * time.Hour
)

func createDefaultConfig() component.Config {
	server := confighttp.NewDefaultServerConfig()
	server.NetAddr.Endpoint = defaultEndpoint
	server.MaxRequestBodySize = maxRequestBody
	return &Config{
		HTTP:             server,
		ReloadInterval:   defaultReloadInterval,
		Source:           sourceConnector,
		Prometheus:       defaultPrometheus(),
		StorageDirectory: defaultStorageDirectory,
		CommitInterval:   defaultCommitInterval,
		StaleAfter:       defaultStaleAfter,
		Alerts:           defaultAlerts(),
		Kubernetes:       defaultKubernetes(),
		GitHub:           GitHubConfig{Strategy: "canary"},
	}
}

// Validate returns all that is wrong, each at its key and with what is allowed.
func (c *Config) Validate() error {
	var errs error
	if c.HTTP.NetAddr.Endpoint == "" {
		errs = errors.Join(errs, errors.New("`http::endpoint` must be an address to listen on, such as localhost:7560"))
	}
	if c.HTTP.MaxRequestBodySize < 0 {
		errs = errors.Join(errs, errors.New("`http::max_request_body_size` must be 0 (20 MiB) or more bytes"))
	}
	if c.StorageDirectory == "" && c.Storage == nil {
		errs = errors.Join(errs, errors.New("`storage_directory` must be a directory that the collector may write to, such as "+defaultStorageDirectory))
	}
	if slices.Contains(c.Catalogue, "") {
		errs = errors.Join(errs, errors.New("`catalogue` must be the path of a file or a directory, or a list of such paths; leave it out for none"))
	}
	return errors.Join(errs,
		c.validateSource(),
		c.Alerts.validate(),
		within("reload_interval", c.ReloadInterval, minReloadInterval, maxReloadInterval),
		within("commit_interval", c.CommitInterval, minCommitInterval, maxCommitInterval),
		within("stale_after", c.StaleAfter, minStaleAfter, maxStaleAfter))
}

func within(key string, d, least, most time.Duration) error {
	if d < least || d > most {
		return fmt.Errorf("`%s` must be from %s to %s, not %s", key, least, most, d)
	}
	return nil
}

var _ component.Config = (*Config)(nil)
