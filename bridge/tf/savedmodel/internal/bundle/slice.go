package bundle

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tf2ng/tf2ng/bridge/tf/graphdef"
	"github.com/tf2ng/tf2ng/bridge/tf/savedmodel/internal/wire"
)

// extent is the range of a dimension that a slice covers.
type extent struct{ start, length int64 }

// whole is the length of the extent of a dimension that a slice covers completely.
const whole = -1

// slice is a rectangular part of a tensor: an extent for each dimension.
type slice []extent

// whole sets the slice to the whole tensor, and returns it.
func (s slice) whole() slice {
	for i := range s {
		s[i] = extent{0, whole}
	}
	return s
}

// Field numbers.
const (
	sliceExtent  protowire.Number = 1
	extentStart  protowire.Number = 1
	extentLength protowire.Number = 2
)

// readSlice reads a TensorSliceProto.
func readSlice(f wire.Field) (slice, error) {
	message, err := f.Message("slice")
	if err != nil {
		return nil, err
	}
	s := slice{}
	for f, err := range wire.Fields(message) {
		if err == nil && f.Number == sliceExtent {
			var e extent
			if len(s) == MaxDims {
				return nil, wire.Errorf(graphdef.ErrLimit, "a slice of more than %d dimensions", MaxDims)
			}
			e, err = readExtent(f)
			s = append(s, e)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func readExtent(f wire.Field) (extent, error) {
	e := extent{0, whole}
	message, err := f.Message("extent")
	if err != nil {
		return e, err
	}
	for f, err := range wire.Fields(message) {
		if err != nil {
			return e, err
		}
		switch f.Number {
		case extentStart:
			e.start, err = f.Int("start of a slice")
		case extentLength:
			if e.length, err = f.Int("length of a slice"); err == nil && e.length < 0 {
				err = wire.Errorf(graphdef.ErrValue, "got a slice of length %d", e.length)
			}
		}
		if err != nil {
			return e, err
		}
	}
	return e, nil
}

// parseRegion reads a region, such as "8 4 0,2:-", of a tensor of the given shape. See Bundle.Region.
func parseRegion(spec string, shape []int64) (slice, error) {
	fields := strings.Fields(spec)
	bad := wire.Errorf(graphdef.ErrValue, "got the slice %q of a tensor of shape %v, want its dimensions and "+
		"START,LENGTH or - for each", clip([]byte(spec)), graphdef.Shape{Dims: shape})
	if len(fields) != len(shape)+1 {
		return nil, bad
	}
	for i, d := range shape {
		if fields[i] != strconv.FormatInt(d, 10) {
			return nil, bad
		}
	}
	parts := strings.Split(fields[len(shape)], ":")
	if len(parts) != len(shape) {
		return nil, bad
	}
	s := make(slice, len(shape)).whole()
	for i, part := range parts {
		if part == "-" {
			continue
		}
		start, length, _ := strings.Cut(part, ",")
		var err, err2 error
		s[i].start, err = strconv.ParseInt(start, 10, 64)
		s[i].length, err2 = strconv.ParseInt(length, 10, 64)
		if err != nil || err2 != nil || s[i].length < 0 {
			return nil, bad
		}
	}
	return s, nil
}

// resolve returns the slice, of a tensor of the given shape, with the actual length in place of each whole.
func (s slice) resolve(shape []int64) (slice, error) {
	if len(s) != len(shape) {
		return nil, wire.Errorf(graphdef.ErrValue, "got a slice of %d dimensions of a tensor of shape %v", len(s),
			graphdef.Shape{Dims: shape})
	}
	out := make(slice, len(s))
	for i, e := range s {
		if e.length == whole {
			e.length = shape[i]
		}
		if e.start < 0 || e.start > shape[i] || e.length > shape[i]-e.start {
			return nil, wire.Errorf(graphdef.ErrValue, "got %d elements from %d on of dimension %d of shape %v", e.length,
				e.start, i, graphdef.Shape{Dims: shape})
		}
		out[i] = e
	}
	return out, nil
}

// lengths returns the shape of the slice.
func (s slice) lengths() []int64 {
	out := make([]int64, len(s))
	for i, e := range s {
		out[i] = e.length
	}
	return out
}

// intersect returns the intersection of two slices, and whether it has any elements.
func (s slice) intersect(o slice) (slice, bool) {
	out := make(slice, len(s))
	for i := range s {
		start := max(s[i].start, o[i].start)
		end := min(s[i].start+s[i].length, o[i].start+o[i].length)
		if end <= start {
			return nil, false
		}
		out[i] = extent{start, end - start}
	}
	return out, true
}

// piece is a stored slice of a tensor that contributes to a region.
type piece struct {
	stored, shared slice // the slice that is stored, and its intersection with the region
	key            string
	entry          *entry
}

// assemble returns a region of a tensor. It is put together from the slices in which the tensor is stored,
// which must cover it without overlaps, or cut from the whole tensor. It takes no more memory than the files
// have bytes.
func (b *Bundle) assemble(key string, e *entry, region slice) (*Tensor, error) {
	want, pieces, err := b.pieces(key, e, region)
	if err != nil {
		return nil, err
	}
	if len(pieces) == 1 && sameSlice(pieces[0].stored, want) {
		t, err := b.stored(key, pieces[0])
		if err != nil {
			return nil, err
		}
		return &Tensor{t.Type, want.lengths(), t.Data}, nil
	}
	n, err := elements(want.lengths())
	if err != nil {
		return nil, b.within(key, err)
	}
	size := int64(e.typ.Size())
	if n == 0 {
		return &Tensor{e.typ, want.lengths(), []byte{}}, nil
	}
	if err := b.bound(n*size, pieces); err != nil {
		return nil, b.within(key, err)
	}
	out := make([]byte, n*size)
	for _, p := range pieces {
		t, err := b.stored(key, p)
		if err != nil {
			return nil, err
		}
		copyShared(out, want, t.Data, p.stored, p.shared, size)
	}
	return &Tensor{e.typ, want.lengths(), out}, nil
}

// bound returns an error if a tensor has more bytes than the files that hold its pieces: then some bytes
// would be used twice.
func (b *Bundle) bound(size int64, pieces []piece) error {
	seen := map[int64]bool{}
	have := int64(0)
	for _, p := range pieces {
		if seen[p.entry.shard] {
			continue
		}
		seen[p.entry.shard] = true
		_, data, err := b.shard(p.entry.shard)
		if err != nil {
			return err
		}
		have += int64(len(data))
	}
	if size > have {
		return wire.Errorf(graphdef.ErrValue, "got a tensor of %d bytes from files of %d", size, have)
	}
	return nil
}

// stored reads the stored slice of a piece. Errors name the key of the tensor.
func (b *Bundle) stored(key string, p piece) (*Tensor, error) {
	t, err := b.tensor(p.key, p.entry)
	var e *Error
	if errors.As(err, &e) {
		e.Key = key
	}
	return t, err
}

// pieces returns the resolved region, and the pieces that it is made of.
func (b *Bundle) pieces(key string, e *entry, region slice) (slice, []piece, error) {
	want, err := region.resolve(e.shape)
	if err != nil {
		return nil, nil, b.within(key, err)
	}
	if e.typ.Size() == 0 {
		return nil, nil, b.within(key, wire.Errorf(graphdef.ErrTensorType, "got slices of a %v tensor", e.typ))
	}
	if len(e.slices) == 0 {
		stored, err := make(slice, len(e.shape)).whole().resolve(e.shape)
		return want, []piece{{stored, want, key, e}}, err
	}
	var pieces []piece
	covered := int64(0)
	for _, s := range e.slices {
		stored, err := s.resolve(e.shape)
		if err != nil {
			return nil, nil, b.within(key, err)
		}
		shared, any := stored.intersect(want)
		if !any {
			continue
		}
		p, err := b.piece(key, e, s, stored)
		if err != nil {
			return nil, nil, err
		}
		for i := range pieces {
			if _, twice := pieces[i].shared.intersect(shared); twice {
				return nil, nil, b.within(key, wire.Errorf(graphdef.ErrValue, "slices overlap"))
			}
		}
		p.shared = shared
		pieces = append(pieces, p)
		n, err := elements(shared.lengths())
		if err != nil {
			return nil, nil, b.within(key, err)
		}
		covered += n
	}
	n, err := elements(want.lengths())
	if err == nil && covered != n {
		err = wire.Errorf(graphdef.ErrValue, "its slices have %d of %d elements", covered, n)
	}
	if err != nil {
		return nil, nil, b.within(key, err)
	}
	return want, pieces, nil
}

// piece finds the entry of slice s of a tensor; stored is the same slice, resolved.
func (b *Bundle) piece(key string, e *entry, s, stored slice) (piece, error) {
	at := sliceKey(key, s)
	part, err := b.entry(at)
	if err != nil {
		return piece{}, b.within(key, fmt.Errorf("slice %v: %w", s, ErrNoKey))
	}
	n, err := elements(stored.lengths())
	switch {
	case err != nil:
	case part.typ != e.typ || len(part.slices) > 0:
		err = wire.Errorf(graphdef.ErrValue, "slice %v: got %v, want %v", s, part.typ, e.typ)
	case part.size != n*int64(e.typ.Size()):
		err = wire.Errorf(graphdef.ErrValue, "slice %v: got %d bytes, want %d", s, part.size, n*int64(e.typ.Size()))
	}
	if err != nil {
		return piece{}, b.within(key, err)
	}
	return piece{stored: stored, key: at, entry: part}, nil
}

func sameSlice(a, b slice) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// copyShared copies the elements in shared, a part of both slices, from the bytes of fromSlice to those of
// toSlice.
func copyShared(to []byte, toSlice slice, from []byte, fromSlice, shared slice, size int64) {
	if len(shared) == 0 {
		copy(to, from[:size])
		return
	}
	last := len(shared) - 1
	row := shared[last].length * size
	at := make([]int64, len(shared)) // the index, within shared, of the first element of the row
	for {
		copy(to[offset(toSlice, shared, at)*size:][:row], from[offset(fromSlice, shared, at)*size:])
		d := last - 1
		for ; d >= 0; d-- {
			if at[d]++; at[d] < shared[d].length {
				break
			}
			at[d] = 0
		}
		if d < 0 {
			return
		}
	}
}

// offset returns the offset, in the elements of slice s, of the element with index at in shared.
func offset(s, shared slice, at []int64) int64 {
	o := int64(0)
	for d := range s {
		o = o*s[d].length + shared[d].start + at[d] - s[d].start
	}
	return o
}
