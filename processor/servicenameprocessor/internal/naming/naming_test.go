// SPDX-License-Identifier: Apache-2.0

package naming

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func newNamer(t testing.TB, rules ...string) *Namer {
	t.Helper()
	var byHand Map
	for _, text := range rules {
		rule, err := ParseMapRule(text)
		require.NoError(t, err)
		byHand = append(byHand, rule)
	}
	namer, err := NewNamer(byHand)
	require.NoError(t, err)
	return namer
}

func TestOrderOfRules(t *testing.T) {
	gunicorn := Process{
		Executable: "python3.11", Path: "/usr/bin/python3.11",
		Args: []string{"/usr/bin/python3", "/usr/local/bin/gunicorn", "shop.wsgi:app"},
	}
	namer := newNamer(t, "python3.11:/usr/local/bin/gunicorn=order-service", "envoy=edge-proxy")
	tests := []struct {
		what    string
		process Process
		given   Given
		want    Answer
	}{
		{"the map wins over the command line", gunicorn, Given{}, Answer{"order-service", FromMap}},
		{"the map wins over the environment", gunicorn, Given{Name: "from-env"}, Answer{"order-service", FromMap}},
		{"the map by executable alone", Process{Executable: "envoy"}, Given{}, Answer{"edge-proxy", FromMap}},
		{"another python does not fit the map", Process{Executable: "python3.12", Args: gunicorn.Args}, Given{}, Answer{"shop", FromModule}},
		{"another script does not fit the map", Process{Executable: "python3.11", Args: []string{"python3.11", "x.py"}}, Given{}, Answer{"x", FromScript}},
		{"a given name wins over the command line", Process{Executable: "python3.12", Args: gunicorn.Args}, Given{Name: "from-env"}, Answer{"from-env", FromExisting}},
		{"an interpreter's name does not", Process{Executable: "python3.12", Args: gunicorn.Args}, Given{Name: "python3"}, Answer{"shop", FromModule}},
		{"nor does the default of an SDK", Process{Executable: "java", Args: []string{"java", "-jar", "rates-1.0.jar"}}, Given{Name: "unknown_service:java"}, Answer{"rates", FromScript}},
		{"only the path of the executable is known", Process{Path: "/usr/bin/ruby3.1"}, Given{}, Answer{"unknown-ruby-service", Unknown}},

		{"no process: python3", Process{}, Given{Name: "python3"}, Answer{"unknown-python-service", Unknown}},
		{"no process: python", Process{}, Given{Name: "python"}, Answer{"unknown-python-service", Unknown}},
		{"no process: java", Process{}, Given{Name: "java"}, Answer{"unknown-java-service", Unknown}},
		{"no process: node", Process{}, Given{Name: "node"}, Answer{"unknown-node-service", Unknown}},
		{"no process: the SDK's default with an interpreter", Process{}, Given{Name: "unknown_service:python3.11"}, Answer{"unknown-python-service", Unknown}},
		{"no process: the SDK's default with a program", Process{}, Given{Name: "unknown_service:checkout"}, Answer{"checkout", FromExecutable}},
		{"no process: the SDK's default and its language", Process{}, Given{Name: "unknown_service", SDKLanguage: "nodejs"}, Answer{"unknown-node-service", Unknown}},
		{"no process: the SDK of a compiled language", Process{}, Given{Name: "unknown_service", SDKLanguage: "go"}, Answer{"unknown-go-service", Unknown}},
		{"no process: a real name", Process{}, Given{Name: "payment-api", SDKLanguage: "java"}, Answer{"payment-api", FromExisting}},
		{"no process: a name that was derived before", Process{}, Given{Name: "unknown-python-service"}, Answer{"unknown-python-service", FromExisting}},
		{"nothing is known", Process{}, Given{}, Answer{"", Unknown}},
		{"the SDK's default and nothing else", Process{}, Given{Name: "unknown_service"}, Answer{"", Unknown}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			assert.Equal(t, tt.want, namer.Name(&tt.process, tt.given))
		})
	}
}

func TestParseMapRule(t *testing.T) {
	tests := []struct {
		what, text string
		want       MapRule
		err        string
	}{
		{what: "executable and script", text: "python3.11:/usr/local/bin/gunicorn=order-service", want: MapRule{"python3.11", "/usr/local/bin/gunicorn", "order-service"}},
		{what: "executable alone", text: " nginx = edge ", want: MapRule{"nginx", "", "edge"}},
		{what: "an argument with an equals sign", text: "java:-Dapp=shop=shop", want: MapRule{"java", "-Dapp=shop", "shop"}},
		{what: "no equals sign", text: "nginx", err: "must have the form"},
		{what: "no executable", text: "=shop", err: "the executable is a name without a folder"},
		{what: "a path as the executable", text: "/usr/bin/python3=shop", err: "the executable is a name without a folder"},
		{what: "an empty path", text: "python3:=shop", err: "is empty"},
		{what: "no name", text: "nginx=", err: "the name holds letters"},
		{what: "a name with a space", text: "nginx=my shop", err: "the name holds letters"},
		{what: "a name that is too long", text: "nginx=" + strings.Repeat("x", 129), err: "at most 128 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			got, err := ParseMapRule(tt.text)
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestSanitize(t *testing.T) {
	tests := []struct{ what, in, want string }{
		{"what is allowed remains", "team/shop_api-2.v1", "team/shop_api-2.v1"},
		{"letters of any script remain", "größe", "größe"},
		{"anything else becomes a dash", "a b\tc\"d{e}", "a-b-c-d-e"},
		{"the edges are trimmed", "../shop--", "shop"},
		{"bytes that are no text", "shop\xff\xfe1", "shop--1"},
		{"nothing is left", "///", ""},
		{"it is cut at 128 bytes", strings.Repeat("x", 200), strings.Repeat("x", 128)},
		{"it is cut between letters", strings.Repeat("x", 127) + "ä", strings.Repeat("x", 127)},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) { assert.Equal(t, tt.want, Sanitize(tt.in)) })
	}
}

// TestCacheIsBounded: more processes than are remembered, all named right.
func TestCacheIsBounded(t *testing.T) {
	namer := newNamer(t)
	for i := range 3 * maxCached {
		name := "job" + strconv.Itoa(i)
		p := Process{Executable: "python3", Args: []string{"python3", name + ".py"}}
		require.Equal(t, Answer{name, FromScript}, namer.Name(&p, Given{}))
		require.LessOrEqual(t, len(namer.cached), maxCached)
	}
	before := len(namer.cached)
	huge := Process{Executable: "java", Args: []string{"java", "-cp", strings.Repeat("/lib/x.jar:", maxKey), "com.example.Rates"}}
	require.Equal(t, Answer{"Rates", FromModule}, namer.Name(&huge, Given{}))
	assert.Len(t, namer.cached, before, "a huge command line is not remembered")
}

// FuzzResolve: whatever a process calls itself, a name is one that Sanitize
// would leave alone, and the cache does not change the answer.
func FuzzResolve(f *testing.F) {
	for _, row := range readCommands(f) {
		f.Add(row.Exe, row.Folder, strings.Join(row.Args, "\x00"))
	}
	namer := newNamer(f, "python3:x=y")
	f.Fuzz(func(t *testing.T, exe, folder, line string) {
		p := Process{Executable: exe, Folder: folder, Args: strings.Split(line, "\x00")}
		a := namer.Name(&p, Given{})
		require.Equal(t, a, namer.Name(&p, Given{}))
		require.Equal(t, Sanitize(a.Name), a.Name)
		require.LessOrEqual(t, len(a.Name), maxName)
	})
}

func BenchmarkName(b *testing.B) {
	namer := newNamer(b, "python3.11:/usr/local/bin/gunicorn=order-service")
	rows := readCommands(b)
	b.Run("remembered", func(b *testing.B) {
		p := rows[0].process()
		b.ReportAllocs()
		for b.Loop() {
			namer.Name(p, Given{})
		}
	})
	b.Run("anew", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			namer.tables.Resolve(rows[i%len(rows)].process())
		}
	})
}
