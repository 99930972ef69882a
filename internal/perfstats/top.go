// SPDX-License-Identifier: Apache-2.0

package perfstats

import (
	"cmp"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/sloe-dev/sloe/bpf"
)

// topProcesses are those with the most exchanges in the period.
func topProcesses(before, after *sample, seconds float64, top int) []Process {
	out := []Process{}
	for key, p := range after.processes {
		// a connection may tell while processes and connections are read one after the other
		if n := int64(p.exchanges - before.processes[key].exchanges); n > 0 {
			out = append(out, Process{PID: key.Tgid, Executable: p.executable, Exchanges: uint64(n), PerSecond: float64(n) / seconds})
		}
	}
	slices.SortFunc(out, func(a, b Process) int {
		return cmp.Or(cmp.Compare(b.Exchanges, a.Exchanges), cmp.Compare(a.PID, b.PID))
	})
	return out[:min(len(out), top)]
}

// topConnections are those that are open and had the most exchanges in the period.
func topConnections(before, after *sample, seconds float64, top int) []Connection {
	out := []Connection{}
	for cookie, c := range after.connections {
		n := uint64(c.Exchanges - before.connections[cookie].Exchanges)
		if n == 0 {
			continue
		}
		role := "server"
		if bpf.SocketRole(c.Role) == bpf.SocketRoleROLE_CLIENT {
			role = "client"
		}
		out = append(out, Connection{
			PID: c.Process.Tgid, Role: role, Local: address(c.Family, c.LocalAddr, c.LocalPort), Remote: address(c.Family, c.RemoteAddr, c.RemotePort),
			Exchanges: n, PerSecond: float64(n) / seconds,
		})
	}
	slices.SortFunc(out, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(b.Exchanges, a.Exchanges), cmp.Compare(a.Local, b.Local), cmp.Compare(a.Remote, b.Remote))
	})
	return out[:min(len(out), top)]
}

// address words an end of a connection. Those of Unix sockets have none here.
func address(family uint16, a [16]byte, port uint16) string {
	if family == unix.AF_UNIX {
		return "unix"
	}
	return netip.AddrPortFrom(netip.AddrFrom16(a).Unmap(), port).String()
}
