// SPDX-License-Identifier: Apache-2.0

package record

import (
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
	assert.Equal(t, uintptr(144+512), unsafe.Sizeof(bpf.SocketExchangeRecord{}))
	assert.Equal(t, 144, exchangeHeader)
	assert.Equal(t, uintptr(32), unsafe.Sizeof(bpf.SocketTailRecord{}))
	assert.Equal(t, uintptr(24), unsafe.Sizeof(bpf.SocketAggregateKey{}))
	assert.Equal(t, uintptr(16+32*8), unsafe.Sizeof(bpf.SocketAggregate{}))
	assert.Equal(t, uintptr(32), unsafe.Sizeof(bpf.SocketOpenExchange{}))
	assert.Equal(t, uintptr(24+16+64+3*96+512+2*256), unsafe.Sizeof(bpf.SocketProcessIdentity{}))
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
		"aggregate_key":    fieldsOf(bpf.SocketAggregateKey{}),
		"aggregate":        fieldsOf(bpf.SocketAggregate{}),
		"process_identity": fieldsOf(bpf.SocketProcessIdentity{}),
		"open_exchange":    fieldsOf(bpf.SocketOpenExchange{}),
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
