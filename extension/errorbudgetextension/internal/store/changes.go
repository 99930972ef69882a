// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"encoding/json"

	"github.com/sloe-dev/sloe/extension/errorbudgetextension/internal/block"
)

// changes collects what one write is to change.
type changes struct {
	all []Change
	err error
}

func (c *changes) set(key string, raw []byte) {
	sealed, err := block.Seal(key, raw)
	if err != nil {
		c.err = err
		return
	}
	c.all = append(c.all, Change{Key: key, Value: sealed})
}

func (c *changes) setJSON(key string, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		c.err = err
		return
	}
	c.set(key, raw)
}

// setManifest writes both copies.
func (c *changes) setManifest(m *manifest) {
	for _, key := range manifestKeys {
		c.setJSON(key, m)
	}
}

func (c *changes) delete(key string) { c.all = append(c.all, Change{Key: key}) }

func (c *changes) write(ctx context.Context, to Values) error {
	if c.err != nil {
		return c.err
	}
	return to.Write(ctx, c.all)
}
