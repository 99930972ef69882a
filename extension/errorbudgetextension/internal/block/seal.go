// SPDX-License-Identifier: Apache-2.0

package block

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// format is the first byte of what Seal returns.
const format = 1

// maxRaw bounds what is unpacked, in bytes: an hour of as many series as there
// may be takes a tenth of it.
const maxRaw = 256 << 20

// window is how far back the packer looks, in bytes. It holds twice as much memory
// for good, and a column is like its neighbours, not like those of other services.
const window = 1 << 20

const headBytes = 1 + crc32.Size

// ErrDamaged says that bytes are not those that were written.
var ErrDamaged = errors.New("the checksum does not fit")

var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

var packer = sync.OnceValues(func() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(window))
})

var unpacker = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(maxRaw))
})

// Seal packs bytes and adds a checksum that also holds the key under which they
// are kept: a value under another's key is as wrong as a changed one.
func Seal(key string, raw []byte) ([]byte, error) {
	z, err := packer()
	if err != nil {
		return nil, fmt.Errorf("prepare to compress: %w", err)
	}
	sealed := z.EncodeAll(raw, make([]byte, headBytes, headBytes+len(raw)/4+64))
	sealed[0] = format
	binary.LittleEndian.PutUint32(sealed[1:], sum(key, sealed))
	return sealed, nil
}

// Check tells whether bytes are what Seal returned for the key, without
// unpacking them.
func Check(key string, sealed []byte) error {
	if len(sealed) < headBytes || sealed[0] != format || binary.LittleEndian.Uint32(sealed[1:]) != sum(key, sealed) {
		return ErrDamaged
	}
	return nil
}

// Unseal returns the bytes that Seal was given. The caller owns them.
func Unseal(key string, sealed []byte) ([]byte, error) {
	if err := Check(key, sealed); err != nil {
		return nil, err
	}
	z, err := unpacker()
	if err != nil {
		return nil, fmt.Errorf("prepare to decompress: %w", err)
	}
	raw, err := z.DecodeAll(sealed[headBytes:], nil)
	if err != nil {
		return nil, errors.Join(ErrDamaged, err)
	}
	return raw, nil
}

func sum(key string, sealed []byte) uint32 {
	c := crc32.Update(0, castagnoli(), []byte(key))
	c = crc32.Update(c, castagnoli(), sealed[:1])
	return crc32.Update(c, castagnoli(), sealed[headBytes:])
}
