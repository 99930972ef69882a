// SPDX-License-Identifier: Apache-2.0

package process

import (
	"bytes"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// FromProc makes an Identity from the /proc file system, for a process that the
// kernel's map has no room for. What may not be read stays empty; it reports
// false if the process is gone or not visible, or another one has its pid.
func FromProc(root string, p record.Process) (*Identity, bool) {
	dir := path.Join(root, strconv.FormatUint(uint64(p.Tgid), 10))
	comm, err := os.ReadFile(path.Join(dir, "comm"))
	if err != nil || startTicks(dir) != p.Start/nanosecondsPerTick {
		return nil, false
	}
	id := &Identity{PID: p.Tgid, Executable: strings.ToValidUTF8(strings.TrimSpace(string(comm)), "\uFFFD")}
	if b, err := os.ReadFile(path.Join(dir, "cmdline")); err == nil {
		id.setCommandLine(b)
	}
	if target, err := os.Readlink(path.Join(dir, "exe")); err == nil {
		id.Path = strings.TrimSuffix(target, " (deleted)")
		id.Executable = path.Base(id.Path)
	}
	if b, err := os.ReadFile(path.Join(dir, "cgroup")); err == nil {
		for line := range strings.Lines(string(b)) {
			_, cgroup, _ := strings.Cut(strings.TrimSpace(line), ":/")
			names := strings.FieldsFunc(cgroup, func(r rune) bool { return r == '/' })
			slices.Reverse(names)
			id.setCgroup(names)
		}
	}
	id.UID, id.UIDKnown = effectiveUID(dir)
	var name, attributes string
	if b, err := os.ReadFile(path.Join(dir, "environ")); err == nil {
		for variable := range strings.SplitSeq(string(b), "\x00") {
			if v, ok := strings.CutPrefix(variable, serviceNameVariable); ok {
				name = strings.ToValidUTF8(v, "\uFFFD")
			} else if v, ok := strings.CutPrefix(variable, resourceAttributesVariable); ok {
				attributes = strings.ToValidUTF8(v, "\uFFFD")
			}
		}
	}
	id.setEnvironment(name, attributes)
	return id, true
}

// effectiveUID reads the second user id of /proc/PID/status.
func effectiveUID(dir string) (uint32, bool) {
	b, err := os.ReadFile(path.Join(dir, "status"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if ids, ok := strings.CutPrefix(line, "Uid:"); ok {
			if fields := strings.Fields(ids); len(fields) > 1 {
				uid, err := strconv.ParseUint(fields[1], 10, 32)
				return uint32(uid), err == nil
			}
		}
	}
	return 0, false
}

// nanosecondsPerTick of the times in /proc/PID/stat: USER_HZ is 100 everywhere.
const nanosecondsPerTick = 1e7

// startTicks reads when a process started since boot (proc_pid_stat(5), field
// 22), 0 if that may not be read. The second field may hold anything but ends
// with the last bracket.
func startTicks(dir string) uint64 {
	b, err := os.ReadFile(path.Join(dir, "stat"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	const start = 22 - 3 // the third is the first behind the bracket
	if len(fields) <= start {
		return 0
	}
	ticks, err := strconv.ParseUint(fields[start], 10, 64)
	if err != nil {
		return 0
	}
	return ticks
}

// AddPath completes an Identity with the path of the executable, where /proc
// lets it be read and it is still the same process and executable: in another pid
// namespace than the kernel's first, /proc has other processes under its numbers.
func (id *Identity) AddPath(root string, p record.Process) {
	dir := path.Join(root, strconv.FormatUint(uint64(p.Tgid), 10))
	target, err := os.Readlink(path.Join(dir, "exe"))
	if err != nil || startTicks(dir) != p.Start/nanosecondsPerTick {
		return
	}
	target = strings.TrimSuffix(target, " (deleted)")
	if path.Base(target) == id.Executable {
		id.Path = target
	}
}
