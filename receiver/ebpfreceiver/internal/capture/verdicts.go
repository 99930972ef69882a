// SPDX-License-Identifier: Apache-2.0

package capture

import (
	"errors"
	"fmt"

	"github.com/cilium/ebpf"

	"github.com/sloe-dev/sloe/bpf"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// Verdict is what is to be done with a process: see struct verdict.
type Verdict = bpf.SocketVerdict

// ports is the size of port_masks, where there is a filter.
const ports = 1 << 16

// SetVerdict makes the kernel obey a verdict on a process. On an error there is
// none: then user space is to decide each of the process's requests.
func (c *Capture) SetVerdict(p record.Process, v Verdict) error {
	err := c.objects.Verdicts.Put(p, v)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("write the verdict on process %d: %w", p.Tgid, err)
	if deleted := c.objects.Verdicts.Delete(p); deleted != nil && !errors.Is(deleted, ebpf.ErrKeyNotExist) {
		return errors.Join(err, fmt.Errorf("delete the one before: %w", deleted))
	}
	return err
}

// SetPortMasks writes the masks of all ports, which verdicts are compared with.
func (c *Capture) SetPortMasks(mask func(port uint16) uint64) error {
	for port := range uint32(ports) {
		if err := c.objects.PortMasks.Put(port, mask(uint16(port))); err != nil {
			return fmt.Errorf("write the mask of port %d: %w", port, err)
		}
	}
	return nil
}

// SetFilterGeneration says that verdicts changed: connections that were left out
// are looked at anew. 0 switches verdicts off.
func (c *Capture) SetFilterGeneration(generation uint32) error {
	if err := c.objects.FilterGeneration.Set(generation); err != nil {
		return fmt.Errorf("write the generation of the verdicts: %w", err)
	}
	return nil
}
