// SPDX-License-Identifier: Apache-2.0

// Package memcached reads turns of memcached's text protocol, its meta commands among
// them (https://docs.memcached.org/protocols/). Of a command it tells the name; keys and
// values are passed over.
package memcached // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/memcached"
