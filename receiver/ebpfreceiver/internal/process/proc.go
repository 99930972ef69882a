// SPDX-License-Identifier: Apache-2.0

package process

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// FromProc makes an Identity from the /proc file system, for a process that the
// kernel's map has no room for. What may not be read stays empty; it reports
// false if the process is gone or not visible.
func FromProc(root string, pid uint32) (*Identity, bool) {
	dir := path.Join(root, strconv.FormatUint(uint64(pid), 10))
	comm, err := os.ReadFile(path.Join(dir, "comm"))
	if err != nil {
		return nil, false
	}
	id := &Identity{PID: pid, Executable: strings.TrimSpace(string(comm))}
	if b, err := os.ReadFile(path.Join(dir, "cmdline")); err == nil {
		id.Args = splitArgs(b)
	}
	if target, err := os.Readlink(path.Join(dir, "exe")); err == nil {
		id.Path = strings.TrimSuffix(target, " (deleted)")
		id.Executable = path.Base(id.Path)
	}
	if b, err := os.ReadFile(path.Join(dir, "cgroup")); err == nil {
		for line := range strings.Lines(string(b)) {
			for name := range strings.SplitSeq(strings.TrimSpace(line), "/") {
				if c := containerID(name); c != "" {
					id.ContainerID = c
				}
			}
		}
	}
	var name, attributes string
	if b, err := os.ReadFile(path.Join(dir, "environ")); err == nil {
		for variable := range strings.SplitSeq(string(b), "\x00") {
			if v, ok := strings.CutPrefix(variable, "OTEL_SERVICE_NAME="); ok {
				name = v
			} else if v, ok := strings.CutPrefix(variable, "OTEL_RESOURCE_ATTRIBUTES="); ok {
				attributes = v
			}
		}
	}
	id.setEnvironment(name, attributes)
	return id, true
}

// AddPath completes an Identity with the path of the executable, where /proc
// lets it be read and it is still the same executable.
func (id *Identity) AddPath(root string) {
	target, err := os.Readlink(path.Join(root, strconv.FormatUint(uint64(id.PID), 10), "exe"))
	if err != nil {
		return
	}
	target = strings.TrimSuffix(target, " (deleted)")
	if path.Base(target) == id.Executable {
		id.Path = target
	}
}
