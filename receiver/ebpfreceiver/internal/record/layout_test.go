// SPDX-License-Identifier: Apache-2.0

package record

import (
	"os"
	"regexp"
	"strconv"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf/btf"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/sloe-dev/sloe/bpf"
)

// TestSizes: the sizes of what goes through the ring buffer and the maps, as
// bpf/include/records.h adds up by hand.
func TestSizes(t *testing.T) {
	assert.Equal(t, uintptr(16), unsafe.Sizeof(bpf.SocketProcessKey{}))
	assert.Equal(t, 168, exchangeHeader)
	prefixes := defined(t, "REQUEST_PREFIX") + defined(t, "RESPONSE_PREFIX") + defined(t, "SOCKET_NAME")
	assert.Equal(t, uintptr(168+prefixes), unsafe.Sizeof(bpf.SocketExchangeRecord{}))
	assert.Equal(t, prefixes, len(bpf.SocketExchangeRecord{}.Data))
	assert.Equal(t, uintptr(32), unsafe.Sizeof(bpf.SocketTailRecord{}))
	assert.Equal(t, 104, chunkHeader)
	assert.Equal(t, uintptr(104+defined(t, "CHUNK_DATA")+defined(t, "SOCKET_NAME")), unsafe.Sizeof(bpf.SocketChunkRecord{}))
	assert.Equal(t, uintptr(24), unsafe.Sizeof(bpf.SocketAggregateKey{}))
	assert.Equal(t, uintptr(40+3*(defined(t, "MAX_LATENCY_EDGES")+1)*4), unsafe.Sizeof(bpf.SocketAggregate{}))
	assert.Equal(t, uintptr(32), unsafe.Sizeof(bpf.SocketOpenExchange{}))
	assert.Equal(t, uintptr(24), unsafe.Sizeof(bpf.SocketUnmeasuredKey{}))
	names := defined(t, "CGROUP_NAMES")*defined(t, "CGROUP_NAME_SIZE") + defined(t, "ARGS_SIZE") + 2*defined(t, "ENV_SIZE")
	assert.Equal(t, uintptr(40+2*defined(t, "SERVED_PORTS")+16+64+names), unsafe.Sizeof(bpf.SocketProcessIdentity{}))
}

// defined reads a number that records.h defines.
func defined(t *testing.T, name string) int {
	b, err := os.ReadFile("../../../../bpf/include/records.h")
	require.NoError(t, err)
	m := regexp.MustCompile(`(?m)^#define ` + name + `\s+(\d+)`).FindSubmatch(b)
	require.NotNil(t, m, "%s is not defined", name)
	n, err := strconv.Atoi(string(m[1]))
	require.NoError(t, err)
	return n
}

// TestLayouts compares the Go side of each struct with the type information that
// the compiler of the C side left in the object: every member, its place, and no
// padding that is not written down.
func TestLayouts(t *testing.T) {
	spec, err := bpf.LoadSocket()
	require.NoError(t, err)
	for name, goFields := range map[string][]field{
		"process_key":      fieldsOf(bpf.SocketProcessKey{}),
		"exchange_record":  fieldsOf(bpf.SocketExchangeRecord{}),
		"tail_record":      fieldsOf(bpf.SocketTailRecord{}),
		"chunk_record":     fieldsOf(bpf.SocketChunkRecord{}),
		"aggregate_key":    fieldsOf(bpf.SocketAggregateKey{}),
		"aggregate":        fieldsOf(bpf.SocketAggregate{}),
		"process_identity": fieldsOf(bpf.SocketProcessIdentity{}),
		"open_exchange":    fieldsOf(bpf.SocketOpenExchange{}),
		"connection_stat":  fieldsOf(bpf.SocketConnectionStat{}),
	} {
		t.Run(name, func(t *testing.T) {
			var c *btf.Struct
			require.NoError(t, spec.Types.TypeByName(name, &c))
			var cFields []field
			end := uint32(0)
			for _, m := range c.Members {
				size, err := btf.Sizeof(m.Type)
				require.NoError(t, err)
				require.Equal(t, end, m.Offset.Bytes(), "implicit padding before %s", m.Name)
				end += uint32(size)
				cFields = append(cFields, field{plain(m.Name), m.Offset.Bytes(), uint32(size)})
			}
			require.Equal(t, c.Size, end, "implicit padding at the end")
			require.Equal(t, cFields, goFields)
		})
	}
}
