// SPDX-License-Identifier: Apache-2.0

package github

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the signature of a delivery's body.
const SignatureHeader = "X-Hub-Signature-256"

// Signed tells whether a signature is that of the body under the secret. It
// takes as long for a wrong one as for the right one.
func Signed(secret, body []byte, signature string) bool {
	digest, found := strings.CutPrefix(signature, "sha256=")
	given, err := hex.DecodeString(digest)
	if !found || err != nil || len(secret) == 0 {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write(body)
	return hmac.Equal(mac.Sum(nil), given)
}
