// SPDX-License-Identifier: Apache-2.0

package auditlog

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Record is one decision.
type Record struct {
	// Seq counts from 1 without a gap.
	Seq  uint64    `json:"seq"`
	Time time.Time `json:"time"`
	// Event says what happened, such as override_set.
	Event string `json:"event"`
	// Actor is who did it.
	Actor string `json:"actor"`
	// Data depends on the event.
	Data json.RawMessage `json:"data"`
	// Prev is the Hash of the record before, of zeros for the first.
	Prev string `json:"prev"`
	// Hash is the SHA-256 of the record's line up to its own hash, in hex.
	Hash string `json:"hash,omitempty"`
}

// firstPrev is what the first record holds in place of a hash.
var firstPrev = strings.Repeat("0", 2*sha256.Size)

// maxLine bounds a record, in bytes: far above what an override may hold.
const maxLine = 64 << 10

const hashKey = `,"hash":"`

// line returns the record as it is written, and sets its hash.
func (r *Record) line() ([]byte, error) {
	r.Hash = ""
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write an audit record: %w", err)
	}
	body = body[:len(body)-1] // the brace comes after the hash
	r.Hash = hashOf(body)
	line := fmt.Appendf(body, `%s%s"}`+"\n", hashKey, r.Hash)
	if len(line) > maxLine {
		return nil, fmt.Errorf("write an audit record: it has %d bytes, at most %d are allowed", len(line), maxLine)
	}
	return line, nil
}

// readLine reads a record as it is written, without its line feed, and holds it
// against its own hash.
func readLine(line []byte) (Record, error) {
	cut := bytes.LastIndex(line, []byte(hashKey))
	if cut < 0 {
		return Record{}, fmt.Errorf("it is no record")
	}
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil || decoder.More() {
		return Record{}, fmt.Errorf("it is no record")
	}
	if r.Hash != hashOf(line[:cut]) || string(line[cut:]) != hashKey+r.Hash+`"}` {
		return Record{}, fmt.Errorf("it was changed: its hash does not fit")
	}
	return r, nil
}

func hashOf(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
