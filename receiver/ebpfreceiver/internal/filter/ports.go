// SPDX-License-Identifier: Apache-2.0

package filter

import (
	"fmt"
	"strconv"
	"strings"
)

// Ports is how many there are.
const Ports = 1 << 16

// PortRange is the ports from First to Last.
type PortRange struct{ First, Last uint16 }

// ParsePorts reads a port, or a range of them as 8000-8099. Its error says what is allowed.
func ParsePorts(text string) (PortRange, error) {
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	a, errA := strconv.ParseUint(strings.TrimSpace(first), 10, 16)
	b, errB := strconv.ParseUint(strings.TrimSpace(last), 10, 16)
	if errA != nil || errB != nil || a == 0 || a > b {
		return PortRange{}, fmt.Errorf("%q is no port from 1 to 65535 and no range of them such as 8000-8099", text)
	}
	return PortRange{uint16(a), uint16(b)}, nil
}

// portBits holds the mask of every port, nil if no condition is about ports. A
// bit stands for one entry's condition.
type portBits []uint64

func (p *portBits) set(bit uint64, ranges []PortRange) {
	if *p == nil {
		*p = make(portBits, Ports)
	}
	for _, r := range ranges {
		for port := int(r.First); port <= int(r.Last); port++ {
			(*p)[port] |= bit
		}
	}
}

func (p portBits) of(port uint16) uint64 {
	if p == nil {
		return AnyPort
	}
	return p[port] | AnyPort
}
