package bundle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"sync"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Limits of an index. They are needed because a few bytes of a table can stand for many and long keys.
const (
	MaxEntries  = 1 << 20 // keys of an index
	MaxKey      = 1 << 14 // bytes of a key
	MaxKeyBytes = 1 << 26 // bytes of all keys
)

// Sizes of the parts of a table.
const (
	footerBytes  = 48 // two handles, padded to 40 bytes, and the magic number
	trailerBytes = 5  // after each block: its compression and its checksum
)

var magic = []byte("\x57\xfb\x80\x8b\x24\x75\x47\xdb")

// table is a LevelDB table: blocks of entries in the order of their keys, and an index block that says
// where these blocks are.
//
// A block has its entries, then the positions of the entries with complete keys (the restarts), then the
// number of these, each in 4 bytes. An entry is three varints (how many bytes its key shares with the
// previous key, how many more bytes its key has, how many bytes its value has), and then the bytes of the
// rest of the key and of the value. A block is followed by a byte for its compression, and the masked
// CRC32C of the block and that byte.
type table struct {
	data    []byte
	last    []byte // the previous key
	entries int    // how many entries were read
	bytes   int    // total size of their keys
	end     int    // where the previous block ended
}

// readTable calls yield for each entry, in the order of the keys. The value is borrowed from data; the key
// is valid only during the call.
func readTable(data []byte, yield func(key, value []byte) error) error {
	t := &table{data: data}
	if len(data) < footerBytes || !bytes.HasSuffix(data, magic) {
		return wire.Errorf(graphdef.ErrMalformed, "got %d bytes that do not end as a LevelDB table does", len(data))
	}
	footer := data[len(data)-footerBytes:]
	_, n, err := readHandle(footer) // the handle of the metaindex block, which is not used here
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	at, _, err := readHandle(footer[n:])
	if err != nil {
		return fmt.Errorf("footer: %w", err)
	}
	index, err := t.block(at)
	if err != nil {
		return fmt.Errorf("index block: %w", err)
	}
	return eachEntry(index, nil, func(_, value []byte) error {
		at, _, err := readHandle(value)
		if err != nil {
			return fmt.Errorf("index block: %w", err)
		}
		if at.offset < uint64(t.end) {
			return wire.Errorf(graphdef.ErrMalformed, "block at byte %d begins in front of the end of the last one",
				at.offset)
		}
		block, err := t.block(at)
		if err != nil {
			return err
		}
		t.end = int(at.offset + at.size)
		return eachEntry(block, t.count, yield)
	})
}

// count counts an entry, and checks that it is within the limits and its key is greater than the previous
// one.
func (t *table) count(key []byte) error {
	t.entries++
	t.bytes += len(key)
	switch {
	case len(key) > MaxKey:
		return wire.Errorf(graphdef.ErrLimit, "a key of %d bytes, the limit is %d", len(key), MaxKey)
	case t.entries > MaxEntries:
		return wire.Errorf(graphdef.ErrLimit, "more than %d keys, which is the limit", MaxEntries)
	case t.bytes > MaxKeyBytes:
		return wire.Errorf(graphdef.ErrLimit, "keys of more than %d bytes, which is the limit", MaxKeyBytes)
	case t.entries > 1 && bytes.Compare(t.last, key) >= 0:
		return wire.Errorf(graphdef.ErrMalformed, "key %q follows key %q", clip(key), clip(t.last))
	}
	t.last = append(t.last[:0], key...)
	return nil
}

// handle is the position and the size of a block, without its trailer.
type handle struct{ offset, size uint64 }

// readHandle reads a handle. It also returns how many bytes the handle takes.
func readHandle(b []byte) (handle, int, error) {
	offset, n := binary.Uvarint(b)
	if n <= 0 {
		return handle{}, 0, wire.Errorf(graphdef.ErrMalformed, "position of a block")
	}
	size, m := binary.Uvarint(b[n:])
	if m <= 0 {
		return handle{}, 0, wire.Errorf(graphdef.ErrMalformed, "size of a block")
	}
	return handle{offset, size}, n + m, nil
}

// block verifies the checksum of a block and returns its entries.
func (t *table) block(at handle) ([]byte, error) {
	room := uint64(len(t.data) - footerBytes)
	if at.offset > room || at.size > room-at.offset || room-at.offset-at.size < trailerBytes {
		return nil, wire.Errorf(graphdef.ErrMalformed, "a block of %d bytes at byte %d, but the file has %d", at.size,
			at.offset, len(t.data))
	}
	whole := t.data[at.offset : at.offset+at.size+trailerBytes]
	body, sum := whole[:at.size+1], binary.LittleEndian.Uint32(whole[at.size+1:])
	if got := mask(crc32.Checksum(body, castagnoli())); got != sum {
		return nil, wire.Errorf(graphdef.ErrMalformed, "block at byte %d: got checksum %#08x, want %#08x: the file is "+
			"damaged", at.offset, got, sum)
	}
	switch compression := body[at.size]; compression {
	case 0:
	case 1:
		return nil, wire.Errorf(graphdef.ErrForeign, "block at byte %d is compressed with snappy, which is not "+
			"supported: save the checkpoint again with a newer TensorFlow", at.offset)
	default:
		return nil, wire.Errorf(graphdef.ErrMalformed, "block at byte %d: got compression %d, want 0", at.offset,
			compression)
	}
	return cutRestarts(body[:at.size], at)
}

// cutRestarts cuts off the list of restarts at the end of a block.
func cutRestarts(block []byte, at handle) ([]byte, error) {
	if len(block) < 4 {
		return nil, wire.Errorf(graphdef.ErrMalformed, "block at byte %d has %d bytes", at.offset, len(block))
	}
	n := uint64(binary.LittleEndian.Uint32(block[len(block)-4:]))
	if n*4 > uint64(len(block)-4) {
		return nil, wire.Errorf(graphdef.ErrMalformed, "block at byte %d of %d bytes has %d restarts", at.offset,
			len(block), n)
	}
	return block[:len(block)-4-int(n)*4], nil
}

// eachEntry calls yield for each entry of a block. Before that it calls check, if not nil, with the key.
func eachEntry(block []byte, check func(key []byte) error, yield func(key, value []byte) error) error {
	var key []byte
	for rest := block; len(rest) > 0; {
		var numbers [3]uint64 // sizes: of the shared and of the other bytes of the key, and of the value
		for i := range numbers {
			v, n := binary.Uvarint(rest)
			if n <= 0 || v > math.MaxUint32 {
				return wire.Errorf(graphdef.ErrMalformed, "an entry of a block is cut off")
			}
			numbers[i], rest = v, rest[n:]
		}
		shared, own, size := numbers[0], numbers[1], numbers[2]
		if shared > uint64(len(key)) || own+size > uint64(len(rest)) {
			return wire.Errorf(graphdef.ErrMalformed, "an entry of a block: got %d, %d and %d bytes, but the key in "+
				"front has %d and the block %d more", shared, own, size, len(key), len(rest))
		}
		if shared+own > MaxKey {
			return wire.Errorf(graphdef.ErrLimit, "a key of %d bytes, the limit is %d", shared+own, MaxKey)
		}
		key = append(key[:shared], rest[:own]...)
		value := rest[own : own+size : own+size]
		rest = rest[own+size:]
		if check != nil {
			if err := check(key); err != nil {
				return err
			}
		}
		if err := yield(key, value); err != nil {
			return err
		}
	}
	return nil
}

// castagnoli returns the CRC-32C table for the checksums. It is made when it is first used.
var castagnoli = sync.OnceValue(func() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) })

// mask returns a checksum in the form in which LevelDB stores it. It is changed so that the CRC of data
// that itself contains stored CRCs is still meaningful.
func mask(crc uint32) uint32 { return (crc>>15 | crc<<17) + 0xa282ead8 }

// clip shortens a key for use in an error.
func clip(key []byte) string {
	const most = 120
	if len(key) <= most {
		return string(key)
	}
	return string(key[:most]) + "..."
}
