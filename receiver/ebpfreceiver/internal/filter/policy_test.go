// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/confmap"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
)

const container = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func put(buffer []int8, s string) {
	for i := range s {
		buffer[i] = int8(s[i])
	}
}

// shop is a gunicorn in a pod.
func shop() *process.Identity {
	args := "gunicorn\x00-w\x004\x00--token=x\x00shop:app\x00"
	raw := &bpf.SocketProcessIdentity{Uid: 33, ArgsLen: uint32(len(args))}
	put(raw.Executable[:], "python3.11")
	put(raw.Args[:], args)
	put(raw.Cgroup[0][:], "cri-containerd-"+container+".scope")
	put(raw.Cgroup[1][:], "kubepods-burstable.slice")
	put(raw.ResourceAttributes[:], "k8s.namespace.name=web,k8s.pod.name=shop-7d9c")
	id := process.FromKernel(7, raw)
	id.Path = "/usr/bin/python3.11"
	id.Pod.Namespace, id.Pod.Name = "web", "shop-7d9c"
	return id
}

// lists reads lists as a configuration has them.
func lists(t *testing.T, yaml string) *Lists {
	t.Helper()
	l, err := parseLists([]byte(yaml))
	require.NoError(t, err, yaml)
	return l
}

func TestConditions(t *testing.T) {
	for entry, want := range map[string]bool{
		"{executable: python3.11}":                        true,
		"{executable: python*}":                           true,
		"{executable: python}":                            false,
		"{executable: /usr/bin/python*}":                  true,
		"{executable: '*/python3.11'}":                    true,
		"{executable: /bin/python*}":                      false,
		"{command_line: 'gunicorn * shop:app'}":           true,
		"{command_line: '*--token=x*'}":                   true, // as it is, not as it is shown
		"{command_line: gunicorn}":                        false,
		"{user: 33}":                                      true,
		"{user: root}":                                    false,
		"{user: [root, 33]}":                              true,
		"{cgroup: kubepods-*.slice}":                      true,
		"{cgroup: '/kubepods-burstable.slice/*'}":         true,
		"{cgroup: '/kubepods-burstable.slice'}":           false,
		"{cgroup: system.slice}":                          false,
		"{container: 0123456789ab}":                       true,
		"{container: '0123456789'}":                       false, // too short for an id, and not all of it
		"{container: '0123*'}":                            true,
		"{container: " + container + "}":                  true,
		"{container: '*'}":                                true,
		"{kubernetes_namespace: web}":                     true,
		"{kubernetes_namespace: web*, executable: nginx}": false, // all conditions
		"{kubernetes_pod: [a, shop-*]}":                   true,
	} {
		p, err := Compile(lists(t, "include: ["+entry+"]"), nil)
		require.NoError(t, err, entry)
		v := p.Decide(shop())
		assert.Equal(t, want, Wants(v, p.PortMask(80)), entry)
		assert.Equal(t, !want, LeavesOut(v), entry)
	}
}

// TestUnknownFacts: what is not known fits nothing, not even *.
func TestUnknownFacts(t *testing.T) {
	for _, condition := range []string{"command_line", "user", "cgroup", "container", "kubernetes_namespace", "kubernetes_pod"} {
		value := "'*'"
		if condition == "user" {
			value = "0"
		}
		p, err := Compile(lists(t, fmt.Sprintf("exclude: [{%s: %s}]", condition, value)), nil)
		require.NoError(t, err)
		assert.False(t, LeavesOut(p.Decide(&process.Identity{Executable: "a"})), condition)
	}
}

func TestLists(t *testing.T) {
	tests := []struct {
		what, yaml string
		want       map[uint16]bool // by port
		leavesOut  bool
	}{
		{"nothing listed", "", map[uint16]bool{80: true}, false},
		{"another one included", "include: [{executable: nginx}]", map[uint16]bool{80: false}, true},
		{"one of two included", "include: [{executable: nginx}, {user: 33}]", map[uint16]bool{80: true}, false},
		{"excluded", "exclude: [{user: 33}]", map[uint16]bool{80: false}, true},
		{"exclude wins", "{include: [{user: 33}], exclude: [{executable: python*}]}", map[uint16]bool{80: false}, true},
		{"some ports", "include: [{port: [80, 8000-8001]}]", map[uint16]bool{80: true, 81: false, 7999: false, 8000: true, 8001: true, 8002: false}, false},
		{"some ports of another one", "include: [{port: 80, executable: nginx}]", map[uint16]bool{80: false}, true},
		{"without a port", "exclude: [{port: 80, user: 33}]", map[uint16]bool{80: false, 81: true}, false},
		{"ports in both", "{include: [{port: 1-100}], exclude: [{port: 50-65535}]}", map[uint16]bool{1: true, 49: true, 50: false, 100: false, 101: false, 65535: false}, false},
		{"ports, or the program on any", "include: [{port: 80}, {executable: python*}]", map[uint16]bool{80: true, 81: true}, false},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			p, err := Compile(lists(t, tt.yaml), nil)
			require.NoError(t, err)
			v := p.Decide(shop())
			for port, want := range tt.want {
				assert.Equal(t, want, Wants(v, p.PortMask(port)), port)
			}
			assert.Equal(t, tt.leavesOut, LeavesOut(v))
		})
	}
}

// TestUnknownProcess: a process of which nothing is known is left out by any list.
func TestUnknownProcess(t *testing.T) {
	for yaml, want := range map[string]Verdict{
		"":                           Everything,
		"include: [{executable: a}]": {},
		"exclude: [{executable: a}]": {},
	} {
		p, err := Compile(lists(t, yaml), nil)
		require.NoError(t, err)
		assert.Equal(t, want, p.Unknown(), yaml)
	}
}

// TestReplacing: while one policy replaces another, a verdict of either decides by
// its own ports, though the masks hold the bits of both.
func TestReplacing(t *testing.T) {
	var before *Policy
	for i, yaml := range []string{"include: [{port: 80}]", "include: [{port: 81}]", "include: [{port: 82}]", "exclude: [{port: 83}]"} {
		p, err := Compile(lists(t, yaml), before)
		require.NoError(t, err)
		if before != nil {
			v, old := p.Decide(shop()), before.Decide(shop())
			for port := range uint16(200) {
				both := p.PortMask(port) | before.PortMask(port)
				assert.Equal(t, Wants(v, p.PortMask(port)), Wants(v, both), "%d: new, port %d", i, port)
				assert.Equal(t, Wants(old, before.PortMask(port)), Wants(old, both), "%d: old, port %d", i, port)
			}
		}
		before = p
	}
}

func TestMistakes(t *testing.T) {
	many := "include: [" + strings.Repeat("{port: 80}, ", maxPortConditions+1) + "]"
	tests := map[string]string{
		"include: [{executable: ''}]":             "include[0]: `executable` must not be empty: leave it out to allow all",
		"exclude: [{user: 1}, {}]":                "exclude[1]: an entry must have a condition: one of [`cgroup` `command_line` `container` `executable` `kubernetes_namespace` `kubernetes_pod` `port` `user`]",
		"include: [{port: 0}]":                    "include[0]: `port`: \"0\" is no port from 1 to 65535 and no range of them such as 8000-8099",
		"include: [{port: 65536}]":                "include[0]: `port`: \"65536\" is no port",
		"include: [{port: 90-80}]":                "include[0]: `port`: \"90-80\" is no port",
		"include: [{port: http}]":                 "include[0]: `port`: \"http\" is no port",
		"include: [{user: nobody-has-this-name}]": "include[0]: `user`: \"nobody-has-this-name\" is neither a number nor a user",
		"include: [{exe: a}]":                     "`exe` is no condition: there are `cgroup`, `command_line`",
		"include: [{executable: [a, {b: c}]}]":    "`executable` must be a text or a list of texts",
		"includes: [{executable: a}]":             "includes",
		"- a":                                     "it must be a map with `include` and `exclude`",
		"include: [{container: 012345678901}]":    "`container` must be a text or a list of texts: put",
		"include: [":                              "it must be a map",
		many:                                      "include[31]: `port` is in more than 31 entries: name more ports in fewer entries",
	}
	for yaml, want := range tests {
		_, err := parseLists([]byte(yaml))
		assert.ErrorContains(t, err, want, yaml)
	}
	_, err := Compile(lists(t, "include: ["+strings.Repeat("{port: 80}, ", maxPortConditions)+"]"), nil)
	assert.NoError(t, err)
}

// TestNumbersInConfig: ports and user ids come as numbers.
func TestNumbersInConfig(t *testing.T) {
	conf := confmap.NewFromStringMap(map[string]any{"include": []any{map[string]any{"port": 80, "user": []any{33, "root"}}}})
	var l Lists
	require.NoError(t, conf.Unmarshal(&l))
	assert.Equal(t, Lists{Include: []Entry{{Port: []string{"80"}, User: []string{"33", "root"}}}}, l)
}
