package bundle

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Tensor returns the tensor with the given key. If it was saved in slices, they are put together; otherwise
// its bytes are borrowed from the file.
func (b *Bundle) Tensor(key string) (*Tensor, error) {
	e, err := b.entry(key)
	if err != nil {
		return nil, err
	}
	if len(e.slices) > 0 {
		return b.assemble(key, e, make(slice, len(e.shape)).whole())
	}
	return b.tensor(key, e)
}

// Region returns a part of the tensor with the given key. The part is specified as in RestoreV2, by the
// shape of the whole tensor and, for each dimension, START,LENGTH or - for all of it: "8 4 0,2:-" is the
// first 2 rows of an 8x4 matrix. An empty spec means the whole tensor.
func (b *Bundle) Region(key, spec string) (*Tensor, error) {
	if spec == "" {
		return b.Tensor(key)
	}
	e, err := b.entry(key)
	if err != nil {
		return nil, err
	}
	want, err := parseRegion(spec, e.shape)
	if err != nil {
		return nil, b.within(key, err)
	}
	return b.assemble(key, e, want)
}

// tensor returns the tensor for an entry that has no slices.
func (b *Bundle) tensor(key string, e *entry) (*Tensor, error) {
	n, err := elements(e.shape)
	if err != nil {
		return nil, b.within(key, err)
	}
	if size := int64(e.typ.Size()); size > 0 && n*size != e.size {
		return nil, b.within(key, wire.Errorf(graphdef.ErrValue, "got %d bytes, want %d (%v %v)", e.size, n*size, e.typ,
			graphdef.Shape{Dims: e.shape}))
	}
	name, data, err := b.content(key, e)
	if err != nil {
		return nil, err
	}
	if e.typ == graphdef.String {
		return &Tensor{e.typ, e.shape, data}, nil
	}
	if err := b.check(key, e, data); err != nil {
		return nil, &Error{name, key, err}
	}
	return &Tensor{e.typ, e.shape, data}, nil
}

// check verifies the checksum of the bytes of a key. It does so once and remembers the result.
func (b *Bundle) check(key string, e *entry, data []byte) error {
	if err, done := b.checked[key]; done {
		return err
	}
	var err error
	if b.taken[e.shard] += e.size; b.taken[e.shard] > int64(len(b.shards[e.shard])) {
		err = wire.Errorf(graphdef.ErrValue, "tensors overlap")
	} else {
		err = compare(crc32.Checksum(data, castagnoli()), e.crc)
	}
	b.checked[key] = err
	return err
}

// compare compares a computed checksum with a stored one, which is masked.
func compare(crc, stored uint32) error {
	if got := mask(crc); got != stored {
		return wire.Errorf(graphdef.ErrMalformed, "got checksum %#08x, want %#08x: the file is damaged", got, stored)
	}
	return nil
}

// Strings returns the elements of a tensor of strings, borrowed from the file. The file has the lengths of
// all strings as varints, the masked checksum of the lengths, and then the bytes of all strings. For the
// checksums, each length counts as a number of 4 bytes, or of 8 if it does not fit in 4.
func (b *Bundle) Strings(key string) ([][]byte, error) {
	e, err := b.entry(key)
	if err != nil {
		return nil, err
	}
	n, err := elements(e.shape)
	switch {
	case err != nil:
		return nil, b.within(key, err)
	case e.typ != graphdef.String || len(e.slices) > 0:
		return nil, b.within(key, wire.Errorf(graphdef.ErrTensorType, "got a %v tensor, want strings in one piece", e.typ))
	}
	name, data, err := b.content(key, e)
	if err != nil {
		return nil, err
	}
	list, err := splitStrings(data, n, e.crc)
	if err != nil {
		return nil, &Error{name, key, err}
	}
	return list, nil
}

func splitStrings(data []byte, n int64, stored uint32) ([][]byte, error) {
	if n > int64(len(data)) { // each string takes at least one byte, for its length
		return nil, wire.Errorf(graphdef.ErrValue, "got %d bytes, want %d strings", len(data), n)
	}
	lengths := make([]uint64, n)
	crc, rest := uint32(0), data
	for i := range lengths {
		v, k := binary.Uvarint(rest)
		if k <= 0 {
			return nil, wire.Errorf(graphdef.ErrMalformed, "length of string %d", i)
		}
		lengths[i], rest = v, rest[k:]
		if v <= math.MaxUint32 {
			crc = crc32.Update(crc, castagnoli(), binary.LittleEndian.AppendUint32(nil, uint32(v)))
		} else {
			crc = crc32.Update(crc, castagnoli(), binary.LittleEndian.AppendUint64(nil, v))
		}
	}
	if len(rest) < 4 {
		return nil, wire.Errorf(graphdef.ErrMalformed, "no checksum behind the lengths of %d strings", n)
	}
	if err := compare(crc, binary.LittleEndian.Uint32(rest)); err != nil {
		return nil, fmt.Errorf("lengths of the strings: %w", err)
	}
	crc = crc32.Update(crc, castagnoli(), rest[:4])
	rest = rest[4:]
	out := make([][]byte, n)
	for i, length := range lengths {
		if length > uint64(len(rest)) {
			return nil, wire.Errorf(graphdef.ErrMalformed, "string %d has %d bytes, but %d are left", i, length, len(rest))
		}
		out[i], rest = rest[:length:length], rest[length:]
		crc = crc32.Update(crc, castagnoli(), out[i])
	}
	if len(rest) > 0 {
		return nil, wire.Errorf(graphdef.ErrMalformed, "%d bytes behind the last string", len(rest))
	}
	return out, compare(crc, stored)
}
