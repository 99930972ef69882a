// SPDX-License-Identifier: Apache-2.0

package footprint

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A region is a mapping of memory.
type region struct{ start, length uintptr }

// releaseExecutable unmaps the pages of the mappings of the executable that are as
// they are in the file: its code and its constants.
func releaseExecutable() error {
	executable, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return err
	}
	defer f.Close()
	clean, err := cleanRegions(f, executable)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name(), err)
	}
	for _, r := range clean {
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, r.start, r.length, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("madvise: %w", errno)
		}
	}
	return nil
}

// cleanRegions returns the mappings of a file that cannot be written and have no
// page of their own. One page of its own has code in which a breakpoint was set,
// which would be lost.
//
// smaps is as proc_pid_smaps(5) has it: a line of the mapping, then lines of its
// figures.
func cleanRegions(smaps io.Reader, file string) ([]region, error) {
	var clean []region
	var at region
	of := false
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 5 && !strings.HasSuffix(fields[0], ":") {
			of = len(fields) == 6 && fields[5] == file && !strings.Contains(fields[1], "w")
			if !of {
				continue
			}
			var err error
			if at, err = parseRegion(fields[0]); err != nil {
				return nil, err
			}
			continue
		}
		if of && len(fields) == 3 && fields[0] == "Anonymous:" && fields[1] == "0" {
			clean = append(clean, at)
		}
	}
	return clean, lines.Err()
}

// parseRegion reads "start-end", in hexadecimal digits.
func parseRegion(s string) (region, error) {
	from, to, _ := strings.Cut(s, "-")
	start, err := strconv.ParseUint(from, 16, 64)
	if err != nil {
		return region{}, err
	}
	end, err := strconv.ParseUint(to, 16, 64)
	if err != nil {
		return region{}, err
	}
	return region{uintptr(start), uintptr(end - start)}, nil
}
