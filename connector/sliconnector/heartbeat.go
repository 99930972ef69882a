// SPDX-License-Identifier: Apache-2.0

package sliconnector

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/sloe-dev/sloe/internal/slo"
)

// heartbeatInterval gives every minute several beats, so that a late one leaves
// no minute out, and bounds the time until a changed catalogue file is in force.
const heartbeatInterval = 5 * time.Second

// beat tells the recorder that this collector measures, traffic or not, and
// looks after the catalogue file. It returns when the context ends.
func (c *counter) beat(ctx context.Context) {
	ticker := time.NewTicker(heartbeatInterval)
	defer ticker.Stop()
	var broken bool
	for {
		if c.recorder != nil {
			c.recorder.Heartbeat(slo.MinuteOf(time.Now()), c.writer)
		}
		broken = c.refreshCatalogue(broken)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// refreshCatalogue follows the file and returns whether it is broken. A broken
// file is reported once; the last good catalogue stays in force.
func (c *counter) refreshCatalogue(broken bool) bool {
	if c.file == nil {
		return false
	}
	changed, err := c.file.Refresh()
	switch {
	case err != nil && !broken:
		c.logger.Error("The catalogue cannot be read; the last good one stays in force", zap.Error(err))
	case changed:
		c.logger.Info("The catalogue changed and is in force", zap.Strings("paths", c.cfg.Catalogue))
	}
	return err != nil
}
