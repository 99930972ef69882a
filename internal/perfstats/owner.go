// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// owners finds which process holds which program, by the descriptors of all
// processes that may be looked at. Root is the file system of /proc.
func owners(root string) map[uint32]int {
	out := map[uint32]int{}
	descriptors, err := filepath.Glob(root + "/[0-9]*/fd/*")
	if err != nil {
		return out
	}
	for _, fd := range descriptors {
		if target, err := os.Readlink(fd); err != nil || target != "anon_inode:bpf-prog" {
			continue
		}
		parts := strings.Split(strings.TrimPrefix(fd, root+"/"), "/")
		pid, err := strconv.Atoi(parts[0])
		if err != nil || pid == os.Getpid() {
			continue
		}
		info, err := os.ReadFile(fmt.Sprintf("%s/%d/fdinfo/%s", root, pid, parts[2]))
		if err != nil {
			continue
		}
		for line := range bytes.Lines(info) {
			if id, ok := bytes.CutPrefix(line, []byte("prog_id:")); ok {
				if n, err := strconv.ParseUint(string(bytes.TrimSpace(id)), 10, 32); err == nil {
					out[uint32(n)] = pid
				}
			}
		}
	}
	return out
}

// nameOf returns the name of a process, empty if it is gone.
func nameOf(root string, pid int) string {
	b, err := os.ReadFile(fmt.Sprintf("%s/%d/comm", root, pid))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
