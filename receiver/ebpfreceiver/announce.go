// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"strings"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/process"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// announcer says once of each program that it was found: of servers, since those
// are what a reader of the log looks for, to all; of clients, which may be as many
// as there are runs of a command, to those who debug.
type announcer struct {
	logger *zap.Logger
	said   map[string]struct{}
	// looked spares making the key for every call
	looked map[lookedKey]struct{}
	last   [2]*process.Identity // of each kind: mostly it is the same again
}

type lookedKey struct {
	process *process.Identity
	kind    protocol.Kind
}

const (
	// maxAnnounced bounds what is remembered; beyond it nothing more is said.
	maxAnnounced = 1000
	// shownArgs is how much of a command line tells programs apart and is shown.
	shownArgs = 4
)

func newAnnouncer(logger *zap.Logger) *announcer {
	return &announcer{logger: logger, said: map[string]struct{}{}, looked: map[lookedKey]struct{}{}}
}

func (a *announcer) seen(id *process.Identity, call *protocol.Call) {
	last := &a.last[int(call.Kind)%len(a.last)]
	if *last == id {
		return
	}
	*last = id
	look := lookedKey{id, call.Kind}
	if _, ok := a.looked[look]; ok {
		return
	}
	if len(a.looked) >= maxAnnounced { // forget all: it only costs making some keys again
		clear(a.looked)
	}
	a.looked[look] = struct{}{}
	args := id.Args[:min(len(id.Args), shownArgs)]
	key := call.Kind.String() + "\x00" + id.Executable + "\x00" + id.ServiceName + "\x00" + strings.Join(args, "\x00")
	if _, ok := a.said[key]; ok || len(a.said) >= maxAnnounced {
		return
	}
	a.said[key] = struct{}{}
	level, message := zapcore.InfoLevel, "Found a server"
	if call.Kind == protocol.Client {
		level, message = zapcore.DebugLevel, "Found a client"
	}
	a.logger.Log(level, message, zap.String("protocol", call.Family), zap.String("executable", id.Executable),
		zap.Uint32("pid", id.PID), zap.Strings("command", args), zap.String("service.name", id.ServiceName),
		zap.String("container.id", id.ContainerID))
}
