// SPDX-License-Identifier: Apache-2.0

package process

import (
	"regexp"
	"strings"
)

var containerName = regexp.MustCompile(`(?:^|[-:/])([0-9a-f]{64})(?:\.scope)?$`)

// containerID finds the id of a container in the name of its cgroup, as Docker,
// containerd, CRI-O and Podman write it, with and without systemd.
func containerID(cgroup string) string {
	m := containerName.FindStringSubmatch(cgroup)
	if m == nil || strings.Contains(cgroup, "conmon-") { // conmon watches the container from outside
		return ""
	}
	return m[1]
}
