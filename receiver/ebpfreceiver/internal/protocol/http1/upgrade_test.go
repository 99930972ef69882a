// SPDX-License-Identifier: Apache-2.0

package http1

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// TestUpgrade: a switch to HTTP/2 is one, and nothing else in the corpus is. However
// short the captured bytes are, what is told is a part of that.
func TestUpgrade(t *testing.T) {
	found := 0
	for _, c := range loadExchanges(t) {
		turn := c.turn
		u := Parser{}.Upgrade(&turn)
		if c.name != "upgrade_h2c" {
			assert.Nil(t, u, c.name)
			continue
		}
		found++
		want := &protocol.Upgrade{Method: "GET", Scheme: "http", Authority: "shop.example", Path: "/orders/7", UserAgent: "nghttp2/1.52.0"}
		assert.Equal(t, want, u, c.name)
		for n := range len(c.turn.Request) {
			turn = c.turn
			turn.Request = c.turn.Request[:n]
			if u := (Parser{}).Upgrade(&turn); u != nil {
				assert.True(t, u.Incomplete)
				assert.Contains(t, []string{"", want.Authority}, u.Authority)
				assert.Contains(t, []string{"", want.Path}, u.Path)
				assert.Contains(t, []string{"", want.UserAgent}, u.UserAgent)
			}
		}
		for n := range len(c.turn.Response) {
			turn = c.turn
			turn.Response = c.turn.Response[:n]
			assert.Nil(t, Parser{}.Upgrade(&turn), "the kernel does not follow a head that was not captured")
		}
	}
	assert.Equal(t, 1, found)
}
