// SPDX-License-Identifier: Apache-2.0

package ebpfreceiver

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/confmap"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/capture"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/filter"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/registry"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"
)

// PortConfig says what is spoken at ports of servers.
type PortConfig struct {
	// Port holds ports, and ranges of them as 8000-8099.
	Port []string `mapstructure:"port"`
	// Protocol is the name of one of portProtocols.
	Protocol string `mapstructure:"protocol"`
	// prevent unkeyed literal initialization
	_ struct{}
}

var _ confmap.Unmarshaler = (*PortConfig)(nil)

// Unmarshal takes one port or a list of them, as numbers or texts.
func (c *PortConfig) Unmarshal(conf *confmap.Conf) error {
	var raw struct {
		Port     any    `mapstructure:"port"`
		Protocol string `mapstructure:"protocol"`
	}
	if err := conf.Unmarshal(&raw); err != nil {
		return err
	}
	c.Protocol, c.Port = raw.Protocol, nil
	values, isList := raw.Port.([]any)
	if !isList && raw.Port != nil {
		values = []any{raw.Port}
	}
	for _, v := range values {
		switch v := v.(type) {
		case string:
			c.Port = append(c.Port, v)
		case int:
			c.Port = append(c.Port, strconv.Itoa(v))
		default:
			return fmt.Errorf("`port` must be a number, a range as 8000-8099, or a list of them: it is %v", v)
		}
	}
	return nil
}

// portProtocol is a protocol that may be said of a port.
type portProtocol struct {
	name     string
	groups   []string // with one of them in the key protocols it is looked for
	detected []uint8  // by the kernel's numbers
}

var portProtocols = []portProtocol{
	{"http", []string{registry.GroupHTTP}, []uint8{record.ProtocolHTTP1, record.ProtocolHTTP2}},
	{"grpc", []string{groupGRPC, registry.GroupHTTP}, []uint8{record.ProtocolHTTP2}},
	{"postgresql", []string{registry.GroupSQL}, []uint8{record.ProtocolPostgreSQL}},
	{"mysql", []string{registry.GroupSQL}, []uint8{record.ProtocolMySQL}},
	{"redis", []string{registry.GroupRedis}, []uint8{record.ProtocolRedis}},
	{"memcached", []string{registry.GroupMemcached}, []uint8{record.ProtocolMemcached}},
}

// portProtocolNamed returns the protocol of a name in any case of letters, nil if there is none.
func portProtocolNamed(name string) *portProtocol {
	i := slices.IndexFunc(portProtocols, func(p portProtocol) bool { return p.name == strings.ToLower(name) })
	if i < 0 {
		return nil
	}
	return &portProtocols[i]
}

// lookedFor tells whether the protocol is among those of the key protocols.
func (p *portProtocol) lookedFor(groups []string) bool {
	return slices.ContainsFunc(groups, func(g string) bool { return slices.Contains(p.groups, strings.ToLower(g)) })
}

// portOwner is the entry that a port is named in first.
type portOwner struct {
	entry    int
	protocol *portProtocol
}

func validatePorts(entries []PortConfig, groups []string) []error {
	var errs []error
	owners := map[uint16]portOwner{}
	for i := range entries {
		e := &entries[i]
		p := portProtocolNamed(e.Protocol)
		switch {
		case p == nil:
			names := make([]string, len(portProtocols))
			for n := range portProtocols {
				names[n] = portProtocols[n].name
			}
			errs = append(errs, fmt.Errorf("ports[%d]::protocol: %q is not one of %s", i, e.Protocol, strings.Join(names, ", ")))
		case !p.lookedFor(groups):
			errs = append(errs, fmt.Errorf("ports[%d]::protocol: %s is not looked for: protocols must have %s", i, p.name, strings.Join(p.groups, " or ")))
		}
		if len(e.Port) == 0 {
			errs = append(errs, fmt.Errorf("ports[%d]::port: none is named", i))
		}
		for _, text := range e.Port {
			ports, err := filter.ParsePorts(text)
			if err == nil {
				err = own(owners, ports, portOwner{i, p})
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("ports[%d]::port: %w", i, err))
			}
		}
	}
	return errs
}

// own notes whose the ports are, unless another entry says something else of one.
func own(owners map[uint16]portOwner, ports filter.PortRange, o portOwner) error {
	for port := int(ports.First); port <= int(ports.Last); port++ {
		before, owned := owners[uint16(port)]
		if owned && before.protocol != o.protocol && before.protocol != nil && o.protocol != nil {
			return fmt.Errorf("%d is of %s here and of %s in ports[%d]: name it once", port, o.protocol.name, before.protocol.name, before.entry)
		}
		owners[uint16(port)] = o
	}
	return nil
}

// forcedPorts returns what entries say, as the kernel numbers it.
func forcedPorts(entries []PortConfig) ([]capture.ForcedPorts, error) {
	var out []capture.ForcedPorts
	var errs []error
	for i := range entries {
		p := portProtocolNamed(entries[i].Protocol)
		if p == nil {
			errs = append(errs, fmt.Errorf("ports[%d]: there is no protocol %q", i, entries[i].Protocol))
			continue
		}
		for _, text := range entries[i].Port {
			ports, err := filter.ParsePorts(text)
			errs = append(errs, err)
			out = append(out, capture.ForcedPorts{First: ports.First, Last: ports.Last, Protocols: p.detected})
		}
	}
	return out, errors.Join(errs...)
}
