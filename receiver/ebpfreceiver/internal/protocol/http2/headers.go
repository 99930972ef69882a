// SPDX-License-Identifier: Apache-2.0

package http2

import (
	"bytes"
	"slices"
	"strconv"
	"time"

	"golang.org/x/net/http2/hpack"

	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol"
	"github.com/sloe-dev/sloe/receiver/ebpfreceiver/internal/protocol/httpcall"
)

const (
	// maxTable bounds the dynamic table of one direction. A peer's may be larger if
	// the other allowed it: what is in the rest is unknown then. Keeping entries
	// longer than the encoder does is harmless, as indexes count from the newest.
	maxTable = 16 << 10
	// unknownEntries stand for those of a table of the default size, 4096 octets,
	// that was not seen from its start. An entry is of 32 octets at least (RFC 7541,
	// section 4.1), so that there cannot be more.
	unknownEntries = 4096 / 32
	// maxText bounds the texts that are kept of a header; longer ones are unknown.
	maxText = 1024
	// maxFields bounds the fields of a block that are looked at: one octet may stand
	// for an entry of many.
	maxFields = 256
)

// unknownTable is a header block that adds unknownEntries fields without name and
// value: literals with incremental indexing (RFC 7541, section 6.2.1). No field has
// an empty name, so that those are known for what they are.
var unknownTable = bytes.Repeat([]byte{0x40, 0x00, 0x00}, unknownEntries)

// fields are those of a header block that matter. Texts are empty if they are
// absent or not known.
type fields struct {
	method, scheme, authority, path string
	contentType, userAgent          string
	status                          int
	grpcStatus                      int // -1: absent or not known
	grpcMessage                     bool
	grpcTimeout                     time.Duration // 0: absent, or none
	contentLength                   int64         // of a request, -1: absent, or nobody asked
	longPoll                        bool
	// further are those that were asked for, and where proxies say whom they ask for.
	further []hpack.HeaderField
	// unknown tells that fields are missing: which ones nobody knows.
	unknown bool
	n       int
}

// headerReader decodes the header blocks of one direction, with the table that they
// build up.
type headerReader struct {
	room    *protocol.Room
	options *protocol.HTTPOptions // nil: no further header is asked for
	decoder *hpack.Decoder
	// whole tells that the table is known from its start.
	whole bool

	frame  frame // that the open block began with; kind 0: none is open
	began  moment
	parts  []byte // of the open block, if there are several
	block  []byte // of the open block: parts, or of the caller
	broken bool

	fields fields
}

func (h *headerReader) open() bool { return h.frame.kind != 0 }

func (h *headerReader) begin(f *frame, began moment) {
	h.drop()
	h.frame, h.began = *f, began
}

// add adds a part. It is kept if the block goes on.
func (h *headerReader) add(b []byte) {
	if len(h.parts) == 0 && h.frame.flags&flagEndHeaders != 0 {
		h.block = b
		return
	}
	if h.broken || len(h.parts)+len(b) > maxPayload || !h.room.TakeBytes(len(b)) {
		h.broken = true
		return
	}
	h.parts = append(h.parts, b...)
	h.block = h.parts
}

// drop forgets the open block.
func (h *headerReader) drop() {
	h.room.GiveBytes(len(h.parts))
	h.frame, h.parts, h.block, h.broken = frame{}, nil, nil, false
}

// forget makes all of the table unknown.
func (h *headerReader) forget() {
	h.decoder, h.whole = nil, false
}

// decode ends the block. The fields are valid until the next one.
func (h *headerReader) decode() *fields {
	h.fields = fields{grpcStatus: -1, contentLength: -1, further: h.fields.further[:0]}
	if h.broken {
		h.fields.unknown = true
		h.forget()
	} else if err := h.write(); err != nil {
		// what stands behind the error may have gone into the table
		h.fields = fields{grpcStatus: -1, contentLength: -1, unknown: true}
		h.forget()
	}
	h.drop()
	return &h.fields
}

func (h *headerReader) write() error {
	if h.decoder == nil {
		h.decoder = hpack.NewDecoder(maxTable, h.field)
		h.decoder.SetAllowedMaxDynamicTableSize(1<<32 - 1)
		h.decoder.SetMaxStringLength(maxPayload)
		if !h.whole {
			h.decoder.SetEmitEnabled(false)
			if _, err := h.decoder.Write(unknownTable); err != nil {
				return err
			}
			if err := h.decoder.Close(); err != nil {
				return err
			}
		}
	}
	h.decoder.SetEmitEnabled(true)
	if _, err := h.decoder.Write(h.block); err != nil {
		return err
	}
	if err := h.decoder.Close(); err != nil {
		return err
	}
	h.decoder.SetMaxDynamicTableSize(maxTable)
	return nil
}

// field takes one field of a block.
func (h *headerReader) field(f hpack.HeaderField) {
	o := &h.fields
	if o.n++; o.n > maxFields {
		o.unknown = true
		h.decoder.SetEmitEnabled(false)
		return
	}
	h.further(&f)
	switch f.Name {
	case "":
		o.unknown = true
	case ":method":
		h.text(&o.method, f.Value)
	case ":scheme":
		h.text(&o.scheme, f.Value)
	case ":authority":
		h.text(&o.authority, f.Value)
	case ":path":
		h.text(&o.path, f.Value)
	case ":status":
		if n, err := strconv.Atoi(f.Value); err == nil && n >= 100 && n <= 999 {
			o.status = n
		}
	case "host":
		if o.authority == "" { // RFC 9113, section 8.3.1
			h.text(&o.authority, f.Value)
		}
	case "content-type":
		h.text(&o.contentType, f.Value)
		if o.status != 0 && !h.last() && (h.options == nil || len(h.options.ResponseHeaders) == 0) {
			h.decoder.SetEmitEnabled(false) // of a response that goes on the rest is for nobody
		}
	case "content-length":
		if n, err := strconv.ParseInt(f.Value, 10, 64); err == nil && n >= 0 && h.options != nil {
			o.contentLength = n
		}
	case "prefer":
		o.longPoll = o.longPoll || httpcall.IsLongPoll(f.Value)
	case "user-agent":
		h.text(&o.userAgent, f.Value)
	case "grpc-message":
		o.grpcMessage = f.Value != ""
	case "grpc-timeout":
		o.grpcTimeout = parseTimeout(f.Value)
	case "grpc-status":
		if n, err := strconv.Atoi(f.Value); err == nil && n >= 0 {
			o.grpcStatus = n
		}
	}
}

// maxFurther bounds the octets of a block's headers that were asked for.
const maxFurther = 8 << 10

// further keeps a field that was asked for.
func (h *headerReader) further(f *hpack.HeaderField) {
	o := h.options
	if o == nil || len(f.Value) > maxText {
		return
	}
	name := []byte(f.Name)
	_, asked := httpcall.Wanted(o.RequestHeaders, name)
	_, said := httpcall.Wanted(o.ResponseHeaders, name)
	if asked || said || o.ForwardedClient && slices.Contains(httpcall.ForwardedHeaders[:], f.Name) {
		h.fields.further = append(h.fields.further, *f)
	}
}

func (h *headerReader) text(to *string, value string) {
	if len(value) > maxText {
		h.fields.unknown = true
		return
	}
	*to = value
}

// last tells whether the block ends its stream.
func (h *headerReader) last() bool { return h.frame.flags&flagEndStream != 0 }
