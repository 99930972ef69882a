// SPDX-License-Identifier: Apache-2.0

// Package redis reads turns of the Redis serialization protocol, RESP2 and RESP3
// (https://redis.io/docs/latest/develop/reference/protocol-spec/), which Valkey and
// others speak too. Of a command it tells the name; arguments hold keys, values and
// passwords, and are looked at for their lengths only.
package redis // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/redis"
