// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/internal/backend"
)

var errNotTried = errors.New("not tried: a capability is missing")

// capabilities looks at those that the receiver needs, and tells whether they are
// there.
func (h Host) capabilities(r *Report) bool {
	all, err := backend.Capabilities(filepath.Join(h.Proc, "self/status"))
	if err != nil {
		r.add("capabilities", err, "", "all of the receiver")
		return false
	}
	capable := true
	for _, c := range all {
		var missing error
		if !c.Held {
			capable = false
			missing = fmt.Errorf("missing: run as root, or grant it (setcap, AmbientCapabilities, securityContext.capabilities.add)")
		}
		r.add(strings.ToLower(c.Name), missing, "held", "all of the receiver, "+c.For)
	}
	return capable
}

// options looks at what single options need. Without it the receiver works.
func (h Host) options(r *Report) {
	r.note("lockdown", h.lockdown)
	r.note("cgroup_v2", h.cgroups)
	r.note("proc", h.others)
	r.note("memlock", memlock)
	r.note("optmem_max", h.optmem)
	r.note("clock", h.clock)
}

// note adds a check that is no condition. Look returns whether all is well, what
// was found, and who needs it.
func (r *Report) note(name string, look func() (ok bool, says, needed string)) {
	ok, says, needed := look()
	c := Check{Name: name, State: OK, Says: says, Needed: needed}
	if !ok {
		c.State = Note
	}
	r.Checks = append(r.Checks, c)
}

// lockdown reads the kernel's lockdown, such as "none [integrity] confidentiality".
func (h Host) lockdown() (bool, string, string) {
	const needed = "all of the receiver: in confidentiality mode no BPF program may read the kernel's memory"
	b, err := os.ReadFile(filepath.Join(h.Sys, "kernel/security/lockdown"))
	if errors.Is(err, fs.ErrNotExist) {
		return true, "the kernel has none, or securityfs is not mounted", needed
	}
	if err != nil {
		return false, err.Error(), needed
	}
	_, mode, _ := strings.Cut(string(b), "[")
	mode, _, _ = strings.Cut(mode, "]")
	return mode != "confidentiality", mode, needed
}

// cgroups looks for the unified hierarchy.
func (h Host) cgroups() (bool, string, string) {
	const needed = "containers and pods of processes (container.id, k8s.*), and processes.include by cgroup, container, kubernetes_namespace and kubernetes_pod"
	for _, at := range []string{"fs/cgroup", "fs/cgroup/unified"} {
		if _, err := os.Stat(filepath.Join(h.Sys, at, "cgroup.controllers")); err == nil {
			return true, "mounted at " + filepath.Join(h.Sys, at), needed
		}
	}
	return false, "no unified hierarchy is mounted under " + filepath.Join(h.Sys, "fs/cgroup"), needed
}

// others tells whether the executables of other users' processes can be read.
func (h Host) others() (bool, string, string) {
	const needed = "processes.include by the path of an executable, process.executable.path, and names of processes that found no room in the kernel's map (CAP_SYS_PTRACE, or the same user)"
	path, err := os.Readlink(filepath.Join(h.Proc, "1/exe"))
	if err != nil {
		return false, "executables of other users cannot be read: " + reasonOf(err), needed
	}
	return true, "executables of other users can be read (" + path + " of process 1)", needed
}

// memlock reads the limit that kernels before 5.11 charge maps to.
func memlock() (bool, string, string) {
	const needed = "the kernel's maps, before Linux 5.11; since then they are charged to the cgroup"
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_MEMLOCK, &limit); err != nil {
		return false, err.Error(), needed
	}
	if limit.Cur == unix.RLIM_INFINITY {
		return true, "unlimited", needed
	}
	return true, fmt.Sprintf("%d KiB, raised at start where that is allowed", limit.Cur>>10), needed
}

// optmem compares what a socket may hold besides data with what the receiver keeps
// there. A map's header and the storage's own come on top.
func (h Host) optmem() (bool, string, string) {
	const needed = "a connection's state: of a socket without room for it no request is measured (lost, socket_storage)"
	const headers = 512
	b, err := os.ReadFile(filepath.Join(h.Proc, "sys/net/core/optmem_max"))
	if err != nil {
		return false, reasonOf(err), needed
	}
	have, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return false, err.Error(), needed
	}
	spec, err := bpf.LoadSocket()
	if err != nil {
		return false, err.Error(), needed
	}
	want := int(spec.Maps[bpf.SocketMapConnections].ValueSize+spec.Maps[bpf.SocketMapConnecting].ValueSize) + headers
	return have >= want, fmt.Sprintf("%d bytes a socket, of which %d are taken", have, want), needed
}

// clock tells whether minutes of this host are those of others.
func (h Host) clock() (bool, string, string) {
	const needed = "counts by the minute: a gateway puts counts of hosts whose clocks differ into different minutes"
	synced, err := h.Synchronized()
	switch {
	case err != nil:
		return false, "it cannot be asked: " + reasonOf(err), needed
	case !synced:
		return false, "the kernel does not know that it follows another clock (NTP, PTP)", needed
	}
	return true, "synchronized", needed
}

func synchronized() (bool, error) {
	var t unix.Timex // modes 0: it is read
	state, err := unix.Adjtimex(&t)
	return state != unix.TIME_ERROR && t.Status&unix.STA_UNSYNC == 0, err
}

// reasonOf is an error without the path, which is no news.
func reasonOf(err error) string {
	var of *fs.PathError
	if errors.As(err, &of) {
		return of.Err.Error()
	}
	return err.Error()
}
