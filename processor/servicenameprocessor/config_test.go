// SPDX-License-Identifier: Apache-2.0

package servicenameprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"github.com/sloe-dev/sloe/processor/servicenameprocessor/internal/naming"
)

func TestConfigMap(t *testing.T) {
	gunicorn := naming.MapRule{Executable: "python3.11", Argument: "/usr/local/bin/gunicorn", Name: "order-service"}
	edge := naming.MapRule{Executable: "nginx", Name: "edge"}
	tests := []struct {
		what  string
		value any
		want  naming.Map
		errs  []string
	}{
		{what: "absent", value: nil},
		{what: "an environment variable that is not set", value: ""},
		{what: "one entry as text, as an environment variable holds it", value: "python3.11:/usr/local/bin/gunicorn=order-service", want: naming.Map{gunicorn}},
		{what: "several as text", value: "python3.11:/usr/local/bin/gunicorn=order-service, nginx=edge,", want: naming.Map{gunicorn, edge}},
		{what: "a list", value: []any{"nginx=edge", "python3.11:/usr/local/bin/gunicorn=order-service"}, want: naming.Map{edge, gunicorn}},
		{what: "a list with an element that holds several", value: []any{"nginx=edge,python3.11:/usr/local/bin/gunicorn=order-service"}, want: naming.Map{edge, gunicorn}},
		{
			what: "every error is told at its key", value: []any{"nginx", "nginx=edge", "nginx=my edge"},
			errs: []string{`map[0]: must have the form executable=name or executable:path=name, not "nginx"`, "map[2]: "},
		},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			cfg := NewFactory().CreateDefaultConfig().(*Config)
			require.NoError(t, confmap.NewFromStringMap(map[string]any{"map": tt.value}).Unmarshal(cfg))
			err := cfg.Validate()
			for _, want := range tt.errs {
				require.ErrorContains(t, err, want)
			}
			if tt.errs != nil {
				return
			}
			require.NoError(t, err)
			got, err := cfg.byHand()
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestConfigKeyUnknown(t *testing.T) {
	cfg := NewFactory().CreateDefaultConfig()
	require.ErrorContains(t, confmap.NewFromStringMap(map[string]any{"maps": "nginx=edge"}).Unmarshal(cfg), "maps")
}
