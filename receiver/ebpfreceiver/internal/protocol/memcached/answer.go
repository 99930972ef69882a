// SPDX-License-Identifier: Apache-2.0

package memcached

import (
	"bytes"
	"strconv"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
)

// answer is how a command ended.
type answer struct {
	status protocol.Status
	// code of an error.
	code string
}

// The first words of answers that are errors.
const (
	codeError       = "ERROR"
	codeClientError = "CLIENT_ERROR"
	codeServerError = "SERVER_ERROR"
)

// Lines with the length of data that follows: the place of that.
var lengths = map[string]int{"VALUE": 3, "CONFIG": 3, "VA": 1}

// metaValue is the first word of an answer that its data ends; other data is followed by
// more lines.
const metaValue = "VA"

// endOfPipeline is the answer to noOperation.
const endOfPipeline = "MN"

// nextAnswer reads the answer at turn.ResponseAt and moves on behind it: to -1, if it
// does not end within what was captured. It reports false if how it ends was not.
func nextAnswer(turn *protocol.Turn) (answer, bool) {
	for turn.ResponseAt >= 0 && turn.ResponseAt < len(turn.Response) {
		b := turn.Response[turn.ResponseAt:]
		end := bytes.Index(b, newline)
		if end < 0 {
			break
		}
		turn.ResponseAt += end + 1
		word, rest, _ := bytes.Cut(bytes.TrimSuffix(b[:end], []byte{'\r'}), []byte{' '})
		if at, found := lengths[string(word)]; found {
			n, ok := field(rest, at-1)
			if !ok {
				break
			}
			turn.ResponseAt += n + len("\r\n")
			if string(word) == metaValue {
				return answer{status: protocol.OK}, true
			}
			continue
		}
		switch string(word) {
		case endOfPipeline, "STAT", "ITEM", "PREFIX", "mg":
		case codeError:
			return answer{protocol.Failed, codeError}, true
		case codeClientError:
			return answer{protocol.Failed, codeClientError}, true
		case codeServerError:
			return answer{protocol.Failed, codeServerError}, true
		default:
			if !bytes.HasPrefix(word, []byte("key=")) {
				return answer{status: protocol.OK}, true
			}
		}
	}
	turn.ResponseAt = -1
	return answer{}, false
}

// field is a number among words.
func field(b []byte, at int) (int, bool) {
	i := 0
	for word := range bytes.FieldsSeq(b) {
		if i == at {
			n, err := strconv.ParseUint(string(word), 10, 30)
			return int(n), err == nil
		}
		i++
	}
	return 0, false
}
