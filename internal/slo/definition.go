// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"crypto/sha256"
	"encoding/hex"
)

// Definition identifies how an indicator decided between good and bad. Counts
// of different definitions are never added up: a changed threshold starts a new
// series, and older minutes are shown as of the old definition.
type Definition string

// DefinitionOf derives the Definition from all that decides the outcome, in a
// fixed order, such as DefinitionOf("http_latency", "threshold=200ms").
func DefinitionOf(parts ...string) Definition {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0}) // a separator that no part holds
	}
	return Definition(hex.EncodeToString(h.Sum(nil)[:8]))
}
