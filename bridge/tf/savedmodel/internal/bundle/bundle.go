// Package bundle reads TensorBundles: the variables of a SavedModel or a checkpoint, as TensorFlow
// has written them since 0.12.
//
// A bundle PREFIX consists of a table PREFIX.index, which maps the key of each tensor to an entry (type,
// shape, position, checksum), and the files PREFIX.data-00000-of-00001 and so on, which have the tensors'
// bytes. The messages are those of tensorflow/core/protobuf/tensor_bundle.proto.
//
// The files come from outside and are not trusted. Every checksum is verified, that of a tensor when the
// tensor is read, and no tensor takes more memory than its bytes take in the files.
package bundle

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// Limits of an entry.
const (
	MaxShards = 1 << 14 // files with tensors in a bundle
	MaxDims   = 254     // dimensions of a tensor: TensorFlow's own limit
	MaxSlices = 1 << 12 // slices of a tensor
)

// ErrNoKey is wrapped by the error about a key that is not in the bundle.
var ErrNoKey = errors.New("no such key")

// Files returns the content of a file, whose name begins with the bundle's prefix. It is called at most once
// for each file.
type Files func(name string) ([]byte, error)

// Bundle is an open bundle. It is not for concurrent use. The data that it returns is borrowed from the
// files where possible.
type Bundle struct {
	prefix  string
	files   Files
	entries map[string][]byte // encoded BundleEntryProtos, by key
	keys    []string          // in ascending order, without those of the header and of slices
	shards  [][]byte          // the contents of the data files; nil: not read yet
	checked map[string]error  // by key: the result of verifying the checksum
	taken   map[int64]int64   // by shard: the bytes of the checked tensors, which must not overlap
}

// Error says which file of a bundle, and which key in it, is at fault. It wraps a sentinel of package
// graphdef, ErrNoKey, or the error from reading a file.
type Error struct {
	File string
	Key  string // may be empty
	Err  error
}

// Error reads: variables/variables.index: key "dense/kernel": ...
func (e *Error) Error() string {
	s := e.File + ": "
	if e.Key != "" {
		s += fmt.Sprintf("key %q: ", clip([]byte(e.Key)))
	}
	return s + e.Err.Error()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Tensor is a tensor of a bundle.
type Tensor struct {
	Type  graphdef.DataType
	Shape []int64
	Data  []byte // little-endian, row-major; for the encoding of strings, see Bundle.Strings
}

// Field numbers.
const (
	headerShards     protowire.Number = 1
	headerEndianness protowire.Number = 2

	entryType   protowire.Number = 1
	entryShape  protowire.Number = 2
	entryShard  protowire.Number = 3
	entryOffset protowire.Number = 4
	entrySize   protowire.Number = 5
	entryCRC    protowire.Number = 6
	entrySlices protowire.Number = 7

	shapeDim     protowire.Number = 2
	shapeUnknown protowire.Number = 3
	dimSize      protowire.Number = 1
)

// Open reads the index of the bundle that has the given prefix, such as "variables/variables".
func Open(prefix string, files Files) (*Bundle, error) {
	b := &Bundle{
		prefix: prefix, files: files, entries: map[string][]byte{}, checked: map[string]error{}, taken: map[int64]int64{},
	}
	index := prefix + ".index"
	data, err := files(index)
	if err != nil {
		return nil, err
	}
	header, seen := []byte(nil), false
	err = readTable(data, func(key, value []byte) error {
		if len(key) == 0 {
			header, seen = value, true
			return nil
		}
		b.entries[string(key)] = value
		if key[0] != 0 { // otherwise the key is that of a slice
			b.keys = append(b.keys, string(key))
		}
		return nil
	})
	if err == nil && !seen {
		err = wire.Errorf(graphdef.ErrMalformed, "a table without the header of a bundle")
	}
	if err == nil {
		err = b.header(header)
	}
	if err != nil {
		return nil, &Error{File: index, Err: err}
	}
	return b, nil
}

// header reads the BundleHeaderProto.
func (b *Bundle) header(message []byte) error {
	shards, endianness := int64(0), int64(0)
	for f, err := range wire.Fields(message) {
		if err != nil {
			return err
		}
		switch f.Number {
		case headerShards:
			shards, err = f.Int("num_shards")
		case headerEndianness:
			endianness, err = f.Int("endianness")
		}
		if err != nil {
			return err
		}
	}
	if endianness != 0 {
		return wire.Errorf(graphdef.ErrForeign, "got a bundle in big-endian order, want little-endian: save it on "+
			"another machine")
	}
	if shards < 1 || shards > MaxShards {
		return wire.Errorf(graphdef.ErrLimit, "got %d shards, want 1 to %d", shards, MaxShards)
	}
	b.shards = make([][]byte, shards)
	return nil
}

// Keys returns the keys in ascending order.
func (b *Bundle) Keys() []string { return slices.Clone(b.keys) }

// Has reports whether the bundle has a tensor with the given key.
func (b *Bundle) Has(key string) bool {
	_, ok := b.entries[key]
	return ok && !strings.HasPrefix(key, "\x00")
}

// entry is a BundleEntryProto.
type entry struct {
	typ    graphdef.DataType
	shape  []int64
	shard  int64
	offset int64
	size   int64
	crc    uint32
	slices []slice // if not empty, the tensor is stored in these slices, each with an entry of its own
}

// entry reads the entry of a key.
func (b *Bundle) entry(key string) (*entry, error) {
	message, ok := b.entries[key]
	if !ok {
		return nil, b.within(key, fmt.Errorf("%w%s", ErrNoKey, b.similar(key)))
	}
	e := &entry{}
	for f, err := range wire.Fields(message) {
		if err == nil {
			err = e.field(f)
		}
		if err != nil {
			return nil, b.within(key, err)
		}
	}
	return e, nil
}

func (e *entry) field(f wire.Field) (err error) {
	switch f.Number {
	case entryType:
		var t int64
		if t, err = f.Int("dtype"); err == nil && (t < 1 || t > 1<<16) {
			err = wire.Errorf(graphdef.ErrValue, "got type %d", t)
		}
		e.typ = graphdef.DataType(t)
	case entryShape:
		e.shape, err = shape(f)
	case entryShard:
		e.shard, err = f.Int("shard_id")
	case entryOffset:
		e.offset, err = f.Int("offset")
	case entrySize:
		e.size, err = f.Int("size")
	case entryCRC:
		e.crc, err = f.Fixed32("crc32c")
	case entrySlices:
		if len(e.slices) == MaxSlices {
			return wire.Errorf(graphdef.ErrLimit, "more than %d slices, which is the limit", MaxSlices)
		}
		var s slice
		s, err = readSlice(f)
		e.slices = append(e.slices, s)
	}
	return err
}

// shape reads a TensorShapeProto whose dimensions are all known.
func shape(f wire.Field) ([]int64, error) {
	message, err := f.Message("shape")
	if err != nil {
		return nil, err
	}
	dims := []int64{}
	for f, err := range wire.Fields(message) {
		if err != nil {
			return nil, err
		}
		switch f.Number {
		case shapeUnknown:
			return nil, wire.Errorf(graphdef.ErrValue, "got a shape of unknown rank")
		case shapeDim:
			if len(dims) == MaxDims {
				return nil, wire.Errorf(graphdef.ErrLimit, "more than %d dimensions, which is the limit", MaxDims)
			}
			d, err := dim(f)
			if err != nil {
				return nil, err
			}
			dims = append(dims, d)
		}
	}
	return dims, nil
}

func dim(f wire.Field) (size int64, err error) {
	message, err := f.Message("dim")
	if err != nil {
		return 0, err
	}
	for f, err := range wire.Fields(message) {
		if err == nil && f.Number == dimSize {
			size, err = f.Int("size of a dimension")
		}
		if err != nil {
			return 0, err
		}
	}
	if size < 0 {
		return 0, wire.Errorf(graphdef.ErrValue, "got a dimension of %d", size)
	}
	return size, nil
}

// maxElements bounds the elements of a tensor, so that its size in bytes fits in an int64.
const maxElements = 1 << 48

// elements returns the product of dimensions. More than maxElements are an error.
func elements(dims []int64) (int64, error) {
	product, empty := int64(1), false
	for _, d := range dims {
		if d == 0 {
			empty = true
			continue
		}
		if d > maxElements/product {
			return 0, wire.Errorf(graphdef.ErrLimit, "shape %v has more than %d elements", graphdef.Shape{Dims: dims},
				int64(maxElements))
		}
		product *= d
	}
	if empty {
		return 0, nil
	}
	return product, nil
}

// shard returns the name and the content of data file i.
func (b *Bundle) shard(i int64) (name string, data []byte, err error) {
	if i < 0 || i >= int64(len(b.shards)) {
		return b.prefix + ".index", nil, wire.Errorf(graphdef.ErrValue, "got shard %d of %d", i, len(b.shards))
	}
	name = fmt.Sprintf("%s.data-%05d-of-%05d", b.prefix, i, len(b.shards))
	if b.shards[i] == nil {
		if data, err = b.files(name); err != nil {
			return name, nil, err
		}
		b.shards[i] = data
	}
	return name, b.shards[i], nil
}

// content returns the bytes of an entry without slices. The caller has to verify the checksum.
func (b *Bundle) content(key string, e *entry) (name string, data []byte, err error) {
	name, whole, err := b.shard(e.shard)
	if err != nil {
		return name, nil, &Error{name, key, err}
	}
	if e.offset < 0 || e.size < 0 || e.offset > int64(len(whole)) || e.size > int64(len(whole))-e.offset {
		return name, nil, &Error{name, key, wire.Errorf(graphdef.ErrMalformed, "want %d bytes from byte %d on, but the "+
			"file has %d: it is cut off", e.size, e.offset, len(whole))}
	}
	return name, whole[e.offset : e.offset+e.size : e.offset+e.size], nil
}

// within returns err as an Error about a key of the index.
func (b *Bundle) within(key string, err error) error {
	return &Error{b.prefix + ".index", key, err}
}

// similar returns a hint for an error: a key that ends in the same name as one that does not exist.
func (b *Bundle) similar(key string) string {
	last := key[strings.LastIndex(key, "/")+1:]
	for _, k := range b.keys {
		if last != "" && strings.HasSuffix(k, last) {
			return fmt.Sprintf(" (did you mean %q?)", k)
		}
	}
	return ""
}
