// SPDX-License-Identifier: Apache-2.0

package process

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const id64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestContainerID(t *testing.T) {
	for cgroup, want := range map[string]string{
		id64:                                id64, // Docker and Kubernetes with the cgroupfs driver
		"docker-" + id64 + ".scope":         id64,
		"cri-containerd-" + id64 + ".scope": id64,
		"crio-" + id64 + ".scope":           id64,
		"crio-" + id64:                      id64, // CRI-O with the cgroupfs driver
		"libpod-" + id64 + ".scope":         id64,
		"libpod-" + id64:                    id64,
		"kubepods-besteffort-pod1_2.slice:cri-containerd:" + id64: id64,

		"crio-conmon-" + id64 + ".scope":   "", // watches it from outside
		"libpod-conmon-" + id64 + ".scope": "",
		"":                                 "",
		"user.slice":                       "",
		"session-3.scope":                  "",
		"kubepods-besteffort-pod0123456789abcdef.slice": "",
		id64[:63]:                     "",
		id64 + "0":                    "",
		strings.ToUpper(id64):         "",
		"docker-" + id64 + ".service": "",
		"x" + id64:                    "",
	} {
		assert.Equal(t, want, containerID(cgroup), cgroup)
	}
}

// TestContainerOfNestedCgroups: Podman and systemd in containers have cgroups of
// their own below the container's; the innermost container counts.
func TestContainerOfNestedCgroups(t *testing.T) {
	r := raw("nginx", "")
	put(r.Cgroup[0][:], "init.scope")
	put(r.Cgroup[1][:], "container")
	put(r.Cgroup[2][:], "libpod-"+id64+".scope")
	assert.Equal(t, id64, FromKernel(1, r).ContainerID)

	inner := strings.Repeat("f", 64)
	put(r.Cgroup[1][:], "docker-"+inner+".scope")
	assert.Equal(t, inner, FromKernel(1, r).ContainerID)
}
