// SPDX-License-Identifier: Apache-2.0

package process

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/bpf"
)

// put writes text as the kernel does: ended by NUL, cut to the buffer.
func put(buffer []int8, s string) {
	for i := 0; i < len(s) && i < len(buffer)-1; i++ {
		buffer[i] = int8(s[i])
	}
}

// raw gives what a hook reads of a process.
func raw(executable, args string) *bpf.SocketProcessIdentity {
	r := &bpf.SocketProcessIdentity{}
	put(r.Comm[:], "comm")
	put(r.Executable[:], executable)
	for i := 0; i < len(args) && i < len(r.Args); i++ {
		r.Args[i] = int8(args[i])
	}
	r.ArgsLen = uint32(min(len(args), len(r.Args)))
	return r
}

func TestFromKernel(t *testing.T) {
	r := raw("python3.11", "python3\x00-m\x00http.server\x00--token=abc\x00")
	put(r.Cgroup[0][:], "app.slice")
	put(r.Cgroup[1][:], "user.slice")
	r.Uid = 1000
	put(r.ServiceName[:], "shop")
	put(r.ResourceAttributes[:], "service.name=other,service.namespace=web,deployment.environment.name=prod")
	assert.Equal(t, &Identity{
		PID: 42, Executable: "python3.11", Args: []string{"python3", "-m", "http.server", "--token=[redacted]"}, ServiceName: "shop",
		Attributes: map[string]string{"service.namespace": "web", "deployment.environment.name": "prod"},
		UID:        1000, UIDKnown: true, Cgroup: "/user.slice/app.slice", commandLine: "python3 -m http.server --token=abc",
	}, FromKernel(42, r))
}

func TestFromKernelKnowsLess(t *testing.T) {
	id := FromKernel(42, raw("", ""))
	assert.Equal(t, "comm", id.Executable, "a process without an executable that is named has its comm")
	assert.Empty(t, id.Args)
	assert.Empty(t, id.ServiceName)
	assert.Empty(t, id.Attributes)

	lying := raw("a", "b")
	lying.ArgsLen = 1 << 20
	assert.Equal(t, []string{"b"}, FromKernel(42, lying).Args)

	assert.Equal(t, "caf\uFFFD", FromKernel(1, raw("caf\xe9", "")).Executable)
	assert.Equal(t, []string{"caf\uFFFD"}, FromKernel(1, raw("a", "caf\xe9\x00")).Args)
}

// TestFromKernelCut: the kernel's buffers hold 255 bytes of a variable, name
// included.
func TestFromKernelCut(t *testing.T) {
	fits := strings.Repeat("a", 254-len("OTEL_SERVICE_NAME="))
	r := raw("a", "")
	put(r.ServiceName[:], fits)
	assert.Equal(t, fits, FromKernel(1, r).ServiceName)
	put(r.ServiceName[:], fits+"b")
	assert.Empty(t, FromKernel(1, r).ServiceName)

	attributes := "service.name=shop,deployment.environment.name=production,"
	room := 255 - len("OTEL_RESOURCE_ATTRIBUTES=") - len(attributes)
	put(r.ResourceAttributes[:], attributes+"x="+strings.Repeat("y", room-3))
	assert.Contains(t, FromKernel(1, r).Attributes, "x", "it fits with a byte to spare")
	put(r.ResourceAttributes[:], attributes+"x="+strings.Repeat("y", room-2))
	id := FromKernel(1, r)
	assert.Equal(t, map[string]string{"deployment.environment.name": "production"}, id.Attributes, "perhaps the y go on")
	assert.Equal(t, "shop", id.ServiceName)
	r = raw("a", "")
	put(r.ResourceAttributes[:], "service.name="+strings.Repeat("y", 255))
	assert.Empty(t, FromKernel(1, r).ServiceName)
}

func TestParseAttributes(t *testing.T) {
	tests := []struct {
		what, in string
		want     map[string]string
	}{
		{"nothing", "", map[string]string{}},
		{"one", "a=b", map[string]string{"a": "b"}},
		{"blanks around keys and values", " a = b , c = d ", map[string]string{"a": "b", "c": "d"}},
		{"percent-encoded separators", "a=b%2Cc%3Dd,e=%20", map[string]string{"a": "b,c=d", "e": " "}},
		{"a percent sign that encodes nothing stays", "a=100%", map[string]string{"a": "100%"}},
		{"bytes that are not UTF-8", "a=%FF", map[string]string{"a": "\uFFFD"}},
		{"an equals sign in a value", "a=b=c", map[string]string{"a": "b=c"}},
		{"an empty value", "a=", map[string]string{"a": ""}},
		{"parts that are not of the format", "a,=b,,c=d", map[string]string{"c": "d"}},
		{"the last of two counts", "a=b,a=c", map[string]string{"a": "c"}},
		{"a plus is a plus", "a=1+1", map[string]string{"a": "1+1"}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) { assert.Equal(t, tt.want, parseAttributes(tt.in)) })
	}
}

func TestServiceNameOfResourceAttributes(t *testing.T) {
	r := raw("a", "")
	put(r.ResourceAttributes[:], "service.name=shop,team=web")
	id := FromKernel(1, r)
	assert.Equal(t, "shop", id.ServiceName)
	assert.Equal(t, map[string]string{"team": "web"}, id.Attributes, "it is not there twice")
}
