// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

func TestDefaultConfig(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, &Config{
		Backend: "auto", RingBuffer: 4 << 20, StuckAfter: 30 * time.Second, FlushInterval: 500 * time.Millisecond, MetricsInterval: 10 * time.Second,
		QueueTime: true, Metrics: MetricsConfig{Names: "stable"}, Protocols: []string{"http", "grpc", "sql", "redis"},
		HTTP: HTTPConfig{
			Routes: RoutesConfig{From: "off", Max: 100}, ClientAddress: "socket",
			RedactHeaders: []string{
				"authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie", "www-authenticate",
				"x-amz-security-token", "x-api-key", "x-auth-token", "x-csrf-token",
			},
		},
		SQL:       SQLConfig{QueryText: "off"},
		Sampling:  SamplingConfig{Ratio: 1, Always: []string{"errors", "slow"}, Slow: time.Second},
		Processes: ProcessesConfig{ReloadInterval: 5 * time.Second, PodLogs: "/var/log/pods"},
	}, cfg)
}

// TestConfigFile reads testdata/config.yaml, which holds every key.
func TestConfigFile(t *testing.T) {
	conf, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, conf.Unmarshal(cfg))
	require.NoError(t, confmap.Validate(cfg))
	assert.Equal(t, &Config{
		Backend: "socket", RingBuffer: 1 << 20, StuckAfter: 10 * time.Second, FlushInterval: 100 * time.Millisecond, MetricsInterval: time.Minute,
		Thresholds: []time.Duration{300 * time.Millisecond, 2 * time.Second},
		Metrics:    MetricsConfig{Names: "both"},
		Protocols:  []string{"http", "Redis"},
		Ports:      []PortConfig{{Port: []string{"6380"}, Protocol: "Redis"}, {Port: []string{"8080", "9000-9010", "9020"}, Protocol: "http"}},
		MaxCPU:     0.2,
		HTTP: HTTPConfig{
			Routes:         RoutesConfig{From: "heuristic", Patterns: []string{"/users/{user}", "/files/*"}, Max: 50},
			RequestHeaders: []string{"X-Request-ID"}, ResponseHeaders: []string{"content-type", "set-cookie"}, RedactHeaders: []string{"set-cookie"},
			ClientAddress: "forwarded", BodySizes: true,
		},
		SQL:      SQLConfig{QueryText: "raw"},
		Sampling: SamplingConfig{Ratio: 0.1, MaxPerSecond: 50, Always: []string{"errors"}, Slow: 300 * time.Millisecond},
		Processes: ProcessesConfig{
			Lists: filter.Lists{
				Include: []filter.Entry{{KubernetesNamespace: []string{"web-*", "api"}, Port: []string{"80", "8000-8099"}}, {User: []string{"33"}}},
				Exclude: []filter.Entry{{Executable: []string{"curl"}}},
			},
			ReloadInterval: time.Second, PodLogs: "/host/var/log/pods",
		},
	}, cfg)
}

func TestValidate(t *testing.T) {
	ring := func(n int) string {
		return fmt.Sprintf("ring_buffer: %d is not a power of two between %d and %d bytes", n, os.Getpagesize(), 1<<30)
	}
	with := func(key string, value any, conf map[string]any) map[string]any {
		conf[key] = value
		return conf
	}
	ports := func(entries ...any) map[string]any { return map[string]any{"ports": entries} }
	tests := []struct {
		what string
		conf map[string]any
		want string // all of the error, empty if there is none
	}{
		{"the back-end for older kernels", map[string]any{"backend": "fexit"}, ""},
		{"a back-end that does not exist", map[string]any{"backend": "fentry"}, `backend: "fentry" is not one of auto, socket, fexit`},
		{"no back-end", map[string]any{"backend": ""}, `backend: "" is not one of auto, socket, fexit`},
		{"a page is the smallest ring", map[string]any{"ring_buffer": os.Getpagesize()}, ""},
		{"a ring of half a page", map[string]any{"ring_buffer": os.Getpagesize() / 2}, ring(os.Getpagesize() / 2)},
		{"a ring that is no power of two", map[string]any{"ring_buffer": 5000000}, ring(5000000)},
		{"no ring", map[string]any{"ring_buffer": 0}, ring(0)},
		{"a negative ring", map[string]any{"ring_buffer": -4096}, ring(-4096)},
		{"the largest ring", map[string]any{"ring_buffer": 1 << 30}, ""},
		{"a ring larger than that", map[string]any{"ring_buffer": 1 << 31}, ring(1 << 31)},
		{"nothing is open at once", map[string]any{"stuck_after": "0s"}, "stuck_after: 0s is not positive"},
		{"a negative age", map[string]any{"stuck_after": "-1s"}, "stuck_after: -1s is not positive"},
		{"the shortest flush", map[string]any{"flush_interval": "10ms"}, ""},
		{"a flush without rest", map[string]any{"flush_interval": "9ms"}, "flush_interval: 9ms is less than 10ms"},
		{"metrics as often as flushes", map[string]any{"metrics_interval": "500ms"}, ""},
		{"metrics more often than flushes", map[string]any{"metrics_interval": "499ms"}, "metrics_interval: 499ms is less than flush_interval (500ms)"},
		{"a threshold of nothing", map[string]any{"thresholds": []any{"1s", "0s"}}, "thresholds[1]: 0s is not positive"},
		{"names of before", map[string]any{"metrics": map[string]any{"names": "legacy"}}, ""},
		{"names of nobody", map[string]any{"metrics": map[string]any{"names": "old"}}, `metrics::names: "old" is not one of stable, legacy, both`},
		{"no names", map[string]any{"metrics": map[string]any{"names": ""}}, `metrics::names: "" is not one of stable, legacy, both`},
		{"one protocol", map[string]any{"protocols": []any{"redis"}}, ""},
		{"a protocol that is off by default", map[string]any{"protocols": []any{"memcached"}}, ""},
		{"protocols in any case", map[string]any{"protocols": []any{"HTTP", "gRPC", "Redis"}}, ""},
		{"a protocol that nobody reads", map[string]any{"protocols": []any{"http", "smtp"}},
			`protocols[1]: "smtp" is not one of http, grpc, sql, redis, memcached`},
		{"query text", map[string]any{"sql": map[string]any{"query_text": "obfuscated"}}, ""},
		{"a query text of no known form", map[string]any{"sql": map[string]any{"query_text": "On"}},
			`sql::query_text: "On" is not one of off, obfuscated, raw`},
		{"routes by patterns", httpKeys("routes", map[string]any{"from": "patterns", "patterns": []any{"/a/{b}", "/c/*"}}), ""},
		{"routes by their looks", httpKeys("routes", map[string]any{"from": "heuristic"}), ""},
		{"routes from elsewhere", httpKeys("routes", map[string]any{"from": "auto"}), `http::routes::from: "auto" is not one of off, patterns, heuristic`},
		{"routes by no pattern", httpKeys("routes", map[string]any{"from": "patterns"}), "http::routes::patterns: none is given, and no route would be known"},
		{"patterns for nothing", httpKeys("routes", map[string]any{"patterns": []any{"/a"}}),
			"http::routes::from: off leaves the patterns without a use: patterns or heuristic takes them"},
		{"a wrong pattern", httpKeys("routes", map[string]any{"from": "patterns", "patterns": []any{"/a", "b"}}), `http::routes::patterns[1]: "b" does not begin with /`},
		{"no route at all", httpKeys("routes", map[string]any{"max": 0}), "http::routes::max: 0 is not from 1 to 10000"},
		{"too many routes", httpKeys("routes", map[string]any{"max": 10_001}), "http::routes::max: 10001 is not from 1 to 10000"},
		{"a header that is none", httpKeys("request_headers", []any{"x-a", "x a"}),
			`http::request_headers[1]: "x a" is no name of a header, of letters, digits and -_ and of 64 characters at most`},
		{"a header without a name", httpKeys("response_headers", []any{""}),
			`http::response_headers[0]: "" is no name of a header, of letters, digits and -_ and of 64 characters at most`},
		{"a redacted header that is none", httpKeys("redact_headers", []any{"cookie:"}),
			`http::redact_headers[0]: "cookie:" is no name of a header, of letters, digits and -_ and of 64 characters at most`},
		{"all headers", httpKeys("request_headers", slices.Repeat([]any{"x-a"}, 33)), "http::request_headers: 33 headers are more than 32"},
		{"nothing is redacted", httpKeys("redact_headers", []any{}), ""},
		{"the client of nobody", httpKeys("client_address", "proxy"), `http::client_address: "proxy" is not one of socket, forwarded`},
		{"no protocol", map[string]any{"protocols": []any{}}, "protocols: none is named, and nothing would be counted"},
		{"a port", ports(map[string]any{"port": 6380, "protocol": "redis"}), ""},
		{"the first and the last port", ports(map[string]any{"port": []any{1, 65535}, "protocol": "MySQL"}), ""},
		{"a range in a text", ports(map[string]any{"port": "5433-5440", "protocol": "postgresql"}), ""},
		{"a port twice of one protocol", ports(map[string]any{"port": []any{80, "80-90"}, "protocol": "http"}, map[string]any{"port": 85, "protocol": "HTTP"}), ""},
		{"grpc where http is looked for", with("protocols", []any{"http"}, ports(map[string]any{"port": 80, "protocol": "grpc"})), ""},
		{"port 0", ports(map[string]any{"port": 0, "protocol": "redis"}), `ports[0]::port: "0" is no port from 1 to 65535 and no range of them such as 8000-8099`},
		{"a port beyond the last", ports(map[string]any{"port": 65536, "protocol": "redis"}), `ports[0]::port: "65536" is no port from 1 to 65535 and no range of them such as 8000-8099`},
		{"a range backwards", ports(map[string]any{"port": []any{80, "90-80"}, "protocol": "redis"}), `ports[0]::port: "90-80" is no port from 1 to 65535 and no range of them such as 8000-8099`},
		{"no port", ports(map[string]any{"protocol": "redis"}), "ports[0]::port: none is named"},
		{"a port of a protocol that nobody reads", ports(map[string]any{"port": 80, "protocol": "http"}, map[string]any{"port": 25, "protocol": "smtp"}),
			`ports[1]::protocol: "smtp" is not one of http, grpc, postgresql, mysql, redis, memcached`},
		{"a port of no protocol", ports(map[string]any{"port": 25}), `ports[0]::protocol: "" is not one of http, grpc, postgresql, mysql, redis, memcached`},
		{"a port of a group", ports(map[string]any{"port": 25, "protocol": "sql"}), `ports[0]::protocol: "sql" is not one of http, grpc, postgresql, mysql, redis, memcached`},
		{"a port of a protocol that is left out", ports(map[string]any{"port": 11211, "protocol": "memcached"}),
			"ports[0]::protocol: memcached is not looked for: protocols must have memcached"},
		{"a port of HTTP/1 where HTTP/2 alone is looked for", with("protocols", []any{"grpc"}, ports(map[string]any{"port": 80, "protocol": "http"})),
			"ports[0]::protocol: http is not looked for: protocols must have http"},
		{"a port of gRPC where neither is looked for", with("protocols", []any{"sql"}, ports(map[string]any{"port": 80, "protocol": "grpc"})),
			"ports[0]::protocol: grpc is not looked for: protocols must have grpc or http"},
		{"a port of two protocols", ports(map[string]any{"port": []any{6379, "6380-6390"}, "protocol": "redis"}, map[string]any{"port": "6385-6400", "protocol": "mysql"}),
			"ports[1]::port: 6385 is of mysql here and of redis in ports[0]: name it once"},
		{"no ceiling", map[string]any{"max_cpu": 0}, ""},
		{"the lowest ceiling", map[string]any{"max_cpu": 0.01}, ""},
		{"a ceiling below it", map[string]any{"max_cpu": 0.009}, "max_cpu: 0.009 is neither 0 (no ceiling) nor from 0.01 to 2 cores"},
		{"a ceiling in percent", map[string]any{"max_cpu": 20}, "max_cpu: 20 is neither 0 (no ceiling) nor from 0.01 to 2 cores"},
		{"a negative ceiling", map[string]any{"max_cpu": -1}, "max_cpu: -1 is neither 0 (no ceiling) nor from 0.01 to 2 cores"},
		{"no spans but those that are always wanted", map[string]any{"sampling": map[string]any{"ratio": 0}}, ""},
		{"no spans at all", map[string]any{"sampling": map[string]any{"ratio": 0, "always": []any{}}}, ""},
		{"fewer than none", map[string]any{"sampling": map[string]any{"ratio": -0.1}}, "sampling::ratio: -0.1 is not from 0 to 1"},
		{"more than all", map[string]any{"sampling": map[string]any{"ratio": 1.1}}, "sampling::ratio: 1.1 is not from 0 to 1"},
		{"a share that is no number", map[string]any{"sampling": map[string]any{"ratio": math.NaN()}}, "sampling::ratio: NaN is not from 0 to 1"},
		{"the highest rate", map[string]any{"sampling": map[string]any{"max_per_second": 1_000_000}}, ""},
		{"a rate beyond it", map[string]any{"sampling": map[string]any{"max_per_second": 1_000_001}},
			"sampling::max_per_second: 1000001 is not from 0 (no bound) to 1000000"},
		{"a negative rate", map[string]any{"sampling": map[string]any{"max_per_second": -1}},
			"sampling::max_per_second: -1 is not from 0 (no bound) to 1000000"},
		{"something else always", map[string]any{"sampling": map[string]any{"always": []any{"errors", "big"}}},
			`sampling::always[1]: "big" is neither errors nor slow`},
		{"everything is slow", map[string]any{"sampling": map[string]any{"slow": "0s"}}, "sampling::slow: 0s is not positive"},
		{"lists in two places", map[string]any{"processes": map[string]any{"file": "a.yaml", "exclude": []any{map[string]any{"user": 0}}}},
			"processes: `file` holds the lists: give either it or `include` and `exclude`"},
		{"an entry that means nothing", map[string]any{"processes": map[string]any{"include": []any{map[string]any{"port": "no"}}}},
			"processes: include[0]: `port`: \"no\" is no port from 1 to 65535 and no range of them such as 8000-8099"},
		{"a file that is never looked at", map[string]any{"processes": map[string]any{"reload_interval": "0s"}},
			"processes: `reload_interval` is 0s: it must be from 100ms to 1h0m0s"},
		{"a file that is looked at every day", map[string]any{"processes": map[string]any{"reload_interval": "24h"}},
			"processes: `reload_interval` is 24h0m0s: it must be from 100ms to 1h0m0s"},
		{"all that is wrong is told at once", map[string]any{"stuck_after": "0s", "thresholds": []any{"-1s"}},
			"stuck_after: 0s is not positive\nthresholds[0]: -1s is not positive"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			cfg := createDefaultConfig().(*Config)
			require.NoError(t, confmap.NewFromStringMap(tt.conf).Unmarshal(cfg))
			err := confmap.Validate(cfg)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

// httpKeys is a configuration of one key under http.
func httpKeys(key string, value any) map[string]any {
	return map[string]any{"http": map[string]any{key: value}}
}

// TestKeysThatDoNotExist: a misspelt key is no silent default.
func TestKeysThatDoNotExist(t *testing.T) {
	err := confmap.NewFromStringMap(map[string]any{"ring_bufer": 4096}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "ring_bufer")
	err = confmap.NewFromStringMap(map[string]any{"stuck_after": "soon"}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "stuck_after")
	err = confmap.NewFromStringMap(map[string]any{"ports": []any{map[string]any{"port": 80, "protocl": "http"}}}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "protocl")
	err = confmap.NewFromStringMap(map[string]any{"ports": []any{map[string]any{"port": []any{80, true}, "protocol": "http"}}}).Unmarshal(createDefaultConfig())
	require.ErrorContains(t, err, "`port` must be a number, a range as 8000-8099, or a list of them: it is true")
}

// TestForcedPorts: what the kernel is told of ports.
func TestForcedPorts(t *testing.T) {
	cfg := createDefaultConfig().(*Config)
	got, err := forcedPorts(cfg.Ports)
	require.NoError(t, err)
	assert.Empty(t, got, "by default of none")
	got, err = forcedPorts([]PortConfig{
		{Port: []string{"8080", "9000-9010"}, Protocol: "HTTP"}, {Port: []string{"50051"}, Protocol: "grpc"}, {Port: []string{"5433"}, Protocol: "postgresql"},
		{Port: []string{"3307"}, Protocol: "mysql"}, {Port: []string{"6380"}, Protocol: "Redis"}, {Port: []string{"11212"}, Protocol: "memcached"},
	})
	require.NoError(t, err)
	assert.Equal(t, []capture.ForcedPorts{
		{First: 8080, Last: 8080, Protocols: []uint8{record.ProtocolHTTP1, record.ProtocolHTTP2}},
		{First: 9000, Last: 9010, Protocols: []uint8{record.ProtocolHTTP1, record.ProtocolHTTP2}},
		{First: 50051, Last: 50051, Protocols: []uint8{record.ProtocolHTTP2}},
		{First: 5433, Last: 5433, Protocols: []uint8{record.ProtocolPostgreSQL}},
		{First: 3307, Last: 3307, Protocols: []uint8{record.ProtocolMySQL}},
		{First: 6380, Last: 6380, Protocols: []uint8{record.ProtocolRedis}},
		{First: 11212, Last: 11212, Protocols: []uint8{record.ProtocolMemcached}},
	}, got)
}
