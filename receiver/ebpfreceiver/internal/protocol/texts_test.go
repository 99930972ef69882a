// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestTexts: remembered or not, a text is that of the bytes, also when there are
// more texts than room and when the bytes are written over afterwards.
func TestTexts(t *testing.T) {
	for name, texts := range map[string]*Texts{"remembered": NewTexts(), "not remembered": nil} {
		t.Run(name, func(t *testing.T) {
			assert.Empty(t, texts.Of(nil))
			assert.Empty(t, texts.Of([]byte{}))
			b := []byte("/cart")
			first := texts.Of(b)
			copy(b, "/list")
			assert.Equal(t, "/cart", first)
			assert.Equal(t, "/list", texts.Of(b))
			assert.Equal(t, "a\uFFFDb", texts.Of([]byte("a\xffb")))
			assert.Equal(t, "a\uFFFDb", texts.Of([]byte("a\xffb")))
			long := strings.Repeat("x", 2*maxText)
			assert.Equal(t, long, texts.Of([]byte(long)))
			for range 2 {
				for i := range 3 * textSlots {
					want := fmt.Sprintf("/items/%d", i)
					assert.Equal(t, want, texts.Of([]byte(want)))
				}
			}
			for i := range 3 * addressSlots {
				a := netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})
				assert.Equal(t, a.String(), texts.OfAddress(a))
			}
			assert.Equal(t, "invalid IP", texts.OfAddress(netip.Addr{}))
		})
	}
}

// TestTextsThatComeAgainAllocateNothing, which is their use.
func TestTextsThatComeAgainAllocateNothing(t *testing.T) {
	texts, b, a := NewTexts(), []byte("/cart"), netip.MustParseAddr("10.0.0.1")
	texts.Of(b)
	texts.OfAddress(a)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		texts.Of(b)
		texts.OfAddress(a)
		texts.Of(append(texts.Buffer(), b...))
	}))
}
