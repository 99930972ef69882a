// SPDX-License-Identifier: Apache-2.0

// Package record is the Go view of what the kernel sends: the records of the
// ring buffer, decoded with their lengths checked. Their layout is generated
// from the C headers in bpf/include.
package record // import "github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/record"

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unsafe"

	"github.com/sloe-dev/sloe/bpf"
)

// Kind tells the records of the ring buffer apart.
type Kind uint8

// Kinds of records.
const (
	KindExchange = Kind(bpf.SocketRecordKindRECORD_EXCHANGE)
	KindTail     = Kind(bpf.SocketRecordKindRECORD_TAIL)
	KindChunk    = Kind(bpf.SocketRecordKindRECORD_CHUNK)
)

// Roles of the process that an exchange belongs to.
const (
	RoleServer = uint8(bpf.SocketRoleROLE_SERVER)
	RoleClient = uint8(bpf.SocketRoleROLE_CLIENT)
)

// Outcomes of an exchange.
const (
	Answered        = uint8(bpf.SocketOutcomeOUTCOME_ANSWERED)
	AbortedByServer = uint8(bpf.SocketOutcomeOUTCOME_ABORTED_BY_SERVER)
	AbortedByClient = uint8(bpf.SocketOutcomeOUTCOME_ABORTED_BY_CLIENT)
)

// Protocols that the kernel detects.
const (
	ProtocolHTTP1      = uint8(bpf.SocketProtocolPROTOCOL_HTTP1)
	ProtocolHTTP2      = uint8(bpf.SocketProtocolPROTOCOL_HTTP2)
	ProtocolPipelined  = uint8(bpf.SocketProtocolPROTOCOL_PIPELINED) // HTTP/1, as chunks
	ProtocolRedis      = uint8(bpf.SocketProtocolPROTOCOL_REDIS)
	ProtocolPostgreSQL = uint8(bpf.SocketProtocolPROTOCOL_POSTGRESQL)
	ProtocolMySQL      = uint8(bpf.SocketProtocolPROTOCOL_MYSQL)
	ProtocolMariaDB    = uint8(bpf.SocketProtocolPROTOCOL_MARIADB)
	ProtocolMemcached  = uint8(bpf.SocketProtocolPROTOCOL_MEMCACHED)
)

// Classes of a status in the aggregates, of protocols without HTTP's: see CLASS_OK.
const (
	ClassOK     = uint8(bpf.SocketStatusClassCLASS_OK)
	ClassFailed = uint8(bpf.SocketStatusClassCLASS_FAILED)
)

// Flags of an exchange.
const (
	FlagNoPayload     = uint16(bpf.SocketExchangeFlagEXCHANGE_NO_PAYLOAD)
	FlagMismatch      = uint16(bpf.SocketExchangeFlagEXCHANGE_MISMATCH)
	FlagComplete      = uint16(bpf.SocketExchangeFlagEXCHANGE_COMPLETE)
	FlagSwitched      = uint16(bpf.SocketExchangeFlagEXCHANGE_SWITCHED) // the connection carries something else behind the response
	FlagEarlyResponse = uint16(bpf.SocketExchangeFlagEXCHANGE_EARLY_RESPONSE)
	FlagRequestGap    = uint16(bpf.SocketExchangeFlagEXCHANGE_REQUEST_GAP)
	FlagLastChunk     = uint16(bpf.SocketExchangeFlagEXCHANGE_LAST_CHUNK)
	FlagQueueKnown    = uint16(bpf.SocketExchangeFlagEXCHANGE_QUEUE_KNOWN)
	FlagMiddle        = uint16(bpf.SocketExchangeFlagEXCHANGE_MIDDLE)
	FlagJoinedMidway  = uint16(bpf.SocketExchangeFlagEXCHANGE_JOINED_MIDWAY)
)

// ErrShort is returned for a sample that is shorter than its kind says. It means
// that the kernel side and this one do not agree on the layout.
var ErrShort = errors.New("record is shorter than its layout")

// familyUnix is AF_UNIX.
const familyUnix = 1

// exchangeHeader is the size of an exchange without its captured bytes.
const exchangeHeader = int(unsafe.Offsetof(bpf.SocketExchangeRecord{}.Data))

// Process identifies one process image: see struct process_key.
type Process = bpf.SocketProcessKey

// Exchange is one turn on one connection. Times are nanoseconds of the
// monotonic clock.
type Exchange struct {
	bpf.SocketExchangeRecord
}

// Request returns the captured prefix of the request. It is part of the Exchange.
func (e *Exchange) Request() []byte { return e.Data[:e.RequestLen] }

// Response returns the captured prefix of the final response. It is part of the
// Exchange.
func (e *Exchange) Response() []byte {
	return e.Data[e.RequestLen : int(e.RequestLen)+int(e.ResponseLen)]
}

// SocketName returns the name of the server's Unix socket, empty for other sockets
// and for unnamed ones. One in the abstract namespace begins with @ (unix(7)).
func (e *Exchange) SocketName() string {
	from := int(e.RequestLen) + int(e.ResponseLen)
	return socketName(e.Data[from : from+int(e.NameLen)])
}

func socketName(name []byte) string {
	if len(name) > 0 && name[0] == 0 {
		return "@" + strings.ToValidUTF8(string(name[1:]), "\uFFFD")
	}
	name, _, _ = bytes.Cut(name, []byte{0})
	return strings.ToValidUTF8(string(name), "\uFFFD") // it may be any bytes
}

// IsUnix tells whether the connection is one of Unix sockets.
func (e *Exchange) IsUnix() bool { return e.Family == familyUnix }

// Tail is the rest of a response whose exchange was sent at its first byte.
type Tail struct {
	bpf.SocketTailRecord
}

// ManyFailed is what Tail.Failed says of that many failures and of more.
const ManyFailed = 1<<16 - 1

// Complete tells whether the response holds all answers that were asked for.
func (t *Tail) Complete() bool { return t.Flags&uint8(bpf.SocketTailFlagTAIL_COMPLETE) != 0 }

// Final tells whether the response ended.
func (t *Tail) Final() bool { return t.Flags&uint8(bpf.SocketTailFlagTAIL_FINAL) != 0 }

// Cut tells whether the server ended the connection and all that it sent was seen: a
// response that is not whole then broke off.
func (t *Tail) Cut() bool { return t.Flags&uint8(bpf.SocketTailFlagTAIL_CUT) != 0 }

// MayEnd tells whether the last bytes may be the end of a chunked body.
func (t *Tail) MayEnd() bool { return t.Flags&uint8(bpf.SocketTailFlagTAIL_MAY_END) != 0 }

// KindOf returns the kind of a sample.
func KindOf(sample []byte) (Kind, error) {
	if len(sample) == 0 {
		return 0, ErrShort
	}
	return Kind(sample[0]), nil
}

// DecodeExchange copies a sample into e, which keeps no reference to it.
func DecodeExchange(sample []byte, e *Exchange) error {
	if len(sample) < exchangeHeader {
		return fmt.Errorf("exchange of %d bytes: %w", len(sample), ErrShort)
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&e.SocketExchangeRecord)), unsafe.Sizeof(e.SocketExchangeRecord)), sample)
	if captured := int(e.RequestLen) + int(e.ResponseLen) + int(e.NameLen); captured > len(e.Data) || captured > len(sample)-exchangeHeader {
		return fmt.Errorf("exchange of %d bytes with %d captured: %w", len(sample), captured, ErrShort)
	}
	return nil
}

// DecodeTail copies a sample into t, which keeps no reference to it.
func DecodeTail(sample []byte, t *Tail) error {
	size := int(unsafe.Sizeof(t.SocketTailRecord))
	if len(sample) < size {
		return fmt.Errorf("tail of %d bytes: %w", len(sample), ErrShort)
	}
	copy(unsafe.Slice((*byte)(unsafe.Pointer(&t.SocketTailRecord)), size), sample)
	return nil
}
