// SPDX-License-Identifier: Apache-2.0

package errorbudgetextension

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"go.opentelemetry.io/collector/config/confighttp"

	"github.com/sloe-dev/sloe/internal/burnrate"
)

// AlertsConfig is what is alerted on, and who is told.
type AlertsConfig struct {
	// Profile names the pairs of windows.
	Profile string `mapstructure:"profile"`
	// Windows take the place of the profile.
	Windows []AlertWindow `mapstructure:"windows"`
	// MinBadEvents is how many bad events the long window must hold.
	MinBadEvents uint64 `mapstructure:"min_bad_events"`
	// MinBadSlices is how many bad minutes it must hold, for objectives about time
	// slices.
	MinBadSlices uint64 `mapstructure:"min_bad_slices"`
	// UnresponsiveAfter is after how long without traffic a service of the
	// catalogue is alerted about. 0 switches the alert off.
	UnresponsiveAfter time.Duration `mapstructure:"unresponsive_after"`
	// Heartbeat sends an alert that always fires.
	Heartbeat bool `mapstructure:"heartbeat"`
	// ResendInterval is how often Alertmanagers are told again of what fires.
	ResendInterval time.Duration `mapstructure:"resend_interval"`
	// ExternalURL is the budget endpoint as people reach it.
	ExternalURL string `mapstructure:"external_url"`
	// Runbook is the annotation of that name; {service} stands for the service.
	Runbook string `mapstructure:"runbook"`
	// Labels are added to every alert.
	Labels map[string]string `mapstructure:"labels"`
	// Alertmanagers are told by their API v2.
	Alertmanagers []confighttp.ClientConfig `mapstructure:"alertmanagers"`
	// Webhooks are told of alerts that begin to fire and that end.
	Webhooks []confighttp.ClientConfig `mapstructure:"webhooks"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// AlertWindow is one pair of windows.
type AlertWindow struct {
	Severity string        `mapstructure:"severity"`
	Long     time.Duration `mapstructure:"long"`
	Short    time.Duration `mapstructure:"short"`
	Factor   string        `mapstructure:"factor"`
	For      time.Duration `mapstructure:"for"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// workbookProfile asks for the profile of the workbook that fits the window of
// each objective.
const workbookProfile = "workbook"

// Bounds of what is evaluated once a minute.
const (
	maxAlertWindow    = 7 * 24 * time.Hour
	maxAlertFor       = 24 * time.Hour
	maxUnresponsive   = 7 * 24 * time.Hour
	minResendInterval = time.Minute
	maxResendInterval = time.Hour
	// defaultMinBadEvents keeps one failure of a service that is seldom asked from
	// waking anybody.
	defaultMinBadEvents = 5
	// defaultMinBadSlices keeps one bad minute from doing so: where 99.9 % of the
	// minutes are to be good, one in an hour is a burn of 16.
	defaultMinBadSlices = 2
	// receiverTimeout is that of a receiver that names none.
	receiverTimeout = 10 * time.Second
)

func defaultAlerts() AlertsConfig {
	return AlertsConfig{
		Profile:           burnrate.Simple,
		MinBadEvents:      defaultMinBadEvents,
		MinBadSlices:      defaultMinBadSlices,
		UnresponsiveAfter: time.Hour,
		Heartbeat:         true,
		ResendInterval:    minResendInterval,
	}
}

var labelName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// validate returns all that is wrong, each at its key.
func (c *AlertsConfig) validate() error {
	var errs error
	if _, err := burnrate.Named(c.Profile); err != nil && c.Profile != workbookProfile {
		errs = errors.Join(errs, fmt.Errorf("`alerts::profile` %w, or %s (the one that fits each objective's window)", err, workbookProfile))
	}
	for i, w := range c.Windows {
		errs = errors.Join(errs, w.validate(fmt.Sprintf("alerts::windows[%d]", i)))
	}
	if c.UnresponsiveAfter != 0 {
		errs = errors.Join(errs, wholeMinutes("alerts::unresponsive_after", c.UnresponsiveAfter, time.Minute, maxUnresponsive))
	}
	if longest := uint64(maxAlertWindow / time.Minute); c.MinBadSlices > longest {
		errs = errors.Join(errs, fmt.Errorf("`alerts::min_bad_slices` must be from 0 to %d, the minutes of the longest window, not %d", longest, c.MinBadSlices))
	}
	errs = errors.Join(errs, within("alerts::resend_interval", c.ResendInterval, minResendInterval, maxResendInterval))
	if c.ExternalURL != "" {
		if u, err := url.Parse(c.ExternalURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			errs = errors.Join(errs, fmt.Errorf("`alerts::external_url` must be a URL such as https://budgets.example, not %q", c.ExternalURL))
		}
	}
	for name := range c.Labels {
		if !labelName.MatchString(name) {
			errs = errors.Join(errs, fmt.Errorf("`alerts::labels` must have names of letters, digits and underscores, not %q", name))
		}
	}
	for _, list := range []struct {
		key     string
		clients []confighttp.ClientConfig
	}{{"alerts::alertmanagers", c.Alertmanagers}, {"alerts::webhooks", c.Webhooks}} {
		for i := range list.clients {
			errs = errors.Join(errs, validateClient(fmt.Sprintf("%s[%d]", list.key, i), &list.clients[i]))
		}
	}
	return errs
}

func validateClient(key string, c *confighttp.ClientConfig) error {
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("`%s::endpoint` must be a URL such as http://alertmanager:9093, not %q", key, c.Endpoint)
	}
	return nil
}

func (w *AlertWindow) validate(key string) error {
	var errs error
	if w.Severity == "" {
		errs = fmt.Errorf("`%s::severity` must be given, such as page, critical, ticket or warning", key)
	}
	if _, err := burnrate.ParseFactor(w.Factor); err != nil {
		errs = errors.Join(errs, fmt.Errorf("`%s::factor` %w", key, err))
	}
	return errors.Join(errs,
		wholeMinutes(key+"::long", w.Long, time.Minute, maxAlertWindow),
		wholeMinutes(key+"::short", w.Short, time.Minute, max(w.Long, time.Minute)),
		wholeMinutes(key+"::for", w.For, 0, maxAlertFor))
}

func wholeMinutes(key string, d, least, most time.Duration) error {
	if d%time.Minute != 0 {
		return fmt.Errorf("`%s` must be whole minutes, not %s", key, d)
	}
	return within(key, d, least, most)
}

// pairs returns the windows to watch for a budget of a length.
func (c *AlertsConfig) pairs() (func(window time.Duration) []burnrate.Pair, error) {
	if len(c.Windows) > 0 {
		pairs := make([]burnrate.Pair, len(c.Windows))
		for i, w := range c.Windows {
			factor, err := burnrate.ParseFactor(w.Factor)
			if err != nil {
				return nil, fmt.Errorf("`alerts::windows[%d]::factor` %w", i, err)
			}
			pairs[i] = burnrate.Pair{Severity: w.Severity, Long: w.Long, Short: w.Short, Factor: factor, For: w.For}
		}
		return func(time.Duration) []burnrate.Pair { return pairs }, nil
	}
	if c.Profile == workbookProfile {
		return func(window time.Duration) []burnrate.Pair { return burnrate.ForPeriod(window).Pairs }, nil
	}
	p, err := burnrate.Named(c.Profile)
	if err != nil {
		return nil, fmt.Errorf("`alerts::profile` %w", err)
	}
	return func(time.Duration) []burnrate.Pair { return p.Pairs }, nil
}
