// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
)

// fits tells whether all conditions but that of the port hold. What is not known
// of a process fits no condition.
func (r *rule) fits(id *process.Identity) bool {
	e := &r.entry
	return fitsAny(e.Executable, func(p string) bool { return fitsExecutable(p, id) }) &&
		fitsAny(e.CommandLine, func(p string) bool { return id.CommandLine() != "" && match(p, id.CommandLine()) }) &&
		(len(r.users) == 0 || id.UIDKnown && slices.Contains(r.users, id.UID)) &&
		fitsAny(e.Cgroup, func(p string) bool { return fitsCgroup(p, id.Cgroup) }) &&
		fitsAny(e.Container, func(p string) bool { return fitsContainer(p, id.ContainerID) }) &&
		fitsAny(e.KubernetesNamespace, func(p string) bool { return id.Pod.Namespace != "" && match(p, id.Pod.Namespace) }) &&
		fitsAny(e.KubernetesPod, func(p string) bool { return id.Pod.Name != "" && match(p, id.Pod.Name) })
}

func fitsAny(patterns []string, fits func(string) bool) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, fits)
}

// fitsExecutable compares the path if the pattern has a slash, the last component
// if not.
func fitsExecutable(pattern string, id *process.Identity) bool {
	if strings.Contains(pattern, "/") {
		return id.Path != "" && match(pattern, id.Path)
	}
	return match(pattern, id.Executable)
}

// fitsCgroup compares the path if the pattern has a slash, each of its components
// if not.
func fitsCgroup(pattern, path string) bool {
	if path == "" {
		return false
	}
	if strings.Contains(pattern, "/") {
		return match(pattern, path)
	}
	return slices.ContainsFunc(strings.Split(path, "/"), func(name string) bool { return match(pattern, name) })
}

// shortID is what tools show of a container's id.
const shortID = 12

// fitsContainer takes the beginning of an id for the id, if it is long enough to be
// one.
func fitsContainer(pattern, id string) bool {
	if id == "" {
		return false
	}
	if !isGlob(pattern) && len(pattern) >= shortID {
		return strings.HasPrefix(id, pattern)
	}
	return match(pattern, id)
}

// userID of a name of this host, or of a number.
func userID(name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n), nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return 0, fmt.Errorf("%q is neither a number nor a user that the collector can find (%w): in a container give the number", name, err)
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%q has the user id %q: %w", name, u.Uid, err)
	}
	return uint32(n), nil
}
