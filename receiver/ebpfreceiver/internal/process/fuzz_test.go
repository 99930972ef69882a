// SPDX-License-Identifier: Apache-2.0

package process

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// FuzzFromKernel: whatever a process has in its memory, its resource is valid
// UTF-8 and a credential in a place that tells it is hidden.
func FuzzFromKernel(f *testing.F) {
	f.Add("python3\x00app.py\x00--token=x\x00", "shop", "service.name=a,b=c", "docker-"+id64+".scope", uint32(26))
	f.Add("a\xff\x00", "\xff", "a=%FF,b=%", "x", uint32(4096))
	f.Add("app postgres://u:p@h {\"password\":\"x\"}", "", ",,=", "", uint32(40))
	f.Fuzz(func(t *testing.T, args, name, attributes, cgroup string, argsLen uint32) {
		r := raw("exe", args)
		r.ArgsLen = argsLen
		put(r.ServiceName[:], name)
		put(r.ResourceAttributes[:], attributes)
		put(r.Cgroup[1][:], cgroup)
		id := FromKernel(1, r)
		res := pcommon.NewResource()
		id.PutResource(res)
		for k, v := range res.Attributes().All() {
			require.True(t, utf8.ValidString(k) && utf8.ValidString(v.AsString()), "%q: %q", k, v.AsString())
		}
		require.Contains(t, []int{0, 64}, len(id.ContainerID))
		require.Equal(t, redacted, redactArgs([]string{"app", "--password", "p" + args})[2])
	})
}
