// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"cmp"

	"github.com/sloe-dev/sloe/internal/semconv"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/sqltext"
)

// PutDatabase writes what all databases share: the system, its metric and the server
// (semantic conventions, database spans).
func (c *Call) PutDatabase(turn *Turn, system, family string) {
	c.Family = family
	c.Metric = semconv.DBServerOperationDuration
	client := turn.Kind == Client
	if client {
		c.Metric = semconv.DBClientOperationDuration
	}
	c.Text(semconv.DBSystemName, system, true)
	if c.Brief && !client {
		return // the rest is for spans
	}
	c.putSocket(turn, client)
}

// putSocket writes who is at which end. A client's histogram has the server, by the
// conventions; a server's is its own.
func (c *Call) putSocket(turn *Turn, client bool) {
	if turn.Unix {
		if turn.SocketName != "" {
			c.Text(semconv.ServerAddress, turn.SocketName, client)
		}
		c.Text(semconv.NetworkTransport, semconv.NetworkTransportUnix, false)
		return
	}
	server := turn.Local
	if client {
		server = turn.Remote
	}
	c.Text(semconv.ServerAddress, c.Texts.OfAddress(server.Addr()), client)
	c.Number(semconv.ServerPort, int64(server.Port()), client)
	if c.Brief {
		return
	}
	peer := c.Texts.OfAddress(turn.Remote.Addr())
	if !client {
		c.Text(semconv.ClientAddress, peer, false)
	}
	c.Text(semconv.NetworkPeerAddress, peer, false)
	c.Number(semconv.NetworkPeerPort, int64(turn.Remote.Port()), false)
}

// PutCommand writes a command of a database whose commands have names, and how it ended.
// The name is empty if it was not captured: the call is named after its system then.
func (c *Call) PutCommand(turn *Turn, system, family, name string, status Status, code string) {
	c.Name = cmp.Or(name, system)
	c.PutDatabase(turn, system, family)
	if name != "" {
		c.Text(semconv.DBOperationName, name, true)
	}
	if turn.Outcome != Answered {
		c.PutAborted(turn)
		return
	}
	if code != "" {
		c.Text(semconv.DBResponseStatusCode, code, true)
	}
	if status == Failed {
		code = cmp.Or(code, OtherError)
	}
	c.PutStatus(status, code)
}

// PutStatement writes what a statement of SQL does, and names the call after it. One that
// is nil is not known: the call is named after its system.
func (c *Call) PutStatement(s *sqltext.Statement, system string) {
	c.Name = system
	if s == nil {
		return
	}
	c.Name = cmp.Or(s.Summary, s.Operation, system)
	put := func(key, value string, metric bool) {
		if value != "" {
			c.Text(key, value, metric)
		}
	}
	put(semconv.DBOperationName, s.Operation, true)
	put(semconv.DBCollectionName, s.Collection, s.Metric)
	put(semconv.DBStoredProcedure, s.Procedure, s.Metric)
	put(semconv.DBQuerySummary, s.Summary, s.Metric)
	put(semconv.DBQueryText, s.Text, false)
}
