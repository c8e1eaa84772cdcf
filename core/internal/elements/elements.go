// Package elements helps Eval with the elements of tensors: it allocates, moves, stores and broadcasts them.
package elements

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Region is a strided set of the elements of a tensor.
type Region struct {
	Tensor  *core.Tensor
	At      int   // the first element
	Strides []int // in elements; may be negative or 0
}

// Whole returns the region of all elements.
func Whole(t *core.Tensor) Region { return Region{t, 0, RowMajorStrides(t.Shape())} }

// Move copies the elements of src, a region of the given shape, to dst. It stops early if dst is abandoned.
// Both have the same element type.
func Move(dst, src Region, shape core.Shape) {
	if slices.Contains(shape, 0) {
		return
	}
	if len(shape) > 1 {
		dst, src, shape = merged(dst, src, shape)
	}
	switch dst.Tensor.Type().Size() {
	case 1:
		moveElements(view.Of[uint8](dst.Tensor.Bytes()), view.Of[uint8](src.Tensor.Bytes()), dst, src, shape)
	case 2:
		moveElements(view.Of[uint16](dst.Tensor.Bytes()), view.Of[uint16](src.Tensor.Bytes()), dst, src, shape)
	case 4:
		moveElements(view.Of[uint32](dst.Tensor.Bytes()), view.Of[uint32](src.Tensor.Bytes()), dst, src, shape)
	case 8:
		moveElements(view.Of[uint64](dst.Tensor.Bytes()), view.Of[uint64](src.Tensor.Bytes()), dst, src, shape)
	case 16:
		moveElements(view.Of[complex128](dst.Tensor.Bytes()), view.Of[complex128](src.Tensor.Bytes()), dst, src, shape)
	default:
		moveElements(dst.Tensor.Strings(), src.Tensor.Strings(), dst, src, shape)
	}
}

// merged returns the regions with as few axes as they can have: without those of one element, and with one axis for
// those that lie behind one another in both.
func merged(dst, src Region, shape core.Shape) (Region, Region, core.Shape) {
	to, from, few := Region{Tensor: dst.Tensor, At: dst.At}, Region{Tensor: src.Tensor, At: src.At}, core.Shape{}
	for i, n := range shape {
		last := len(few) - 1
		switch {
		case n == 1:
		case last >= 0 && to.Strides[last] == n*dst.Strides[i] && from.Strides[last] == n*src.Strides[i]:
			few[last] *= n
			to.Strides[last], from.Strides[last] = dst.Strides[i], src.Strides[i]
		default:
			few = append(few, n)
			to.Strides, from.Strides = append(to.Strides, dst.Strides[i]), append(from.Strides, src.Strides[i])
		}
	}
	return to, from, few
}

func moveElements[T any](to, from []T, dst, src Region, shape core.Shape) {
	if len(shape) == 0 {
		to[dst.At] = from[src.At]
		return
	}
	last := len(shape) - 1
	n, ds, ss := shape[last], dst.Strides[last], src.Strides[last]
	rows := 0
	EachIndex(shape[:last], func(idx []int) {
		if rows++; rows&(1<<10-1) == 0 && dst.Tensor.Abandoned() {
			return
		}
		d, s := dst.At, src.At
		for i, v := range idx {
			d += v * dst.Strides[i]
			s += v * src.Strides[i]
		}
		if ds == 1 && ss == 1 {
			copy(to[d:d+n], from[s:s+n])
			return
		}
		for range n {
			to[d] = from[s]
			d += ds
			s += ss
		}
	})
}

// Copy copies the elements of a tensor of the same type and number of elements.
func Copy(t *core.Tensor, from *core.Tensor) {
	copy(t.Bytes(), from.Bytes())
	copy(t.Strings(), from.Strings())
}

// Fill sets out[0], which may be nil, to a tensor with the data of t.
func Fill(out []*core.Tensor, t *core.Tensor) {
	if out[0] == nil {
		out[0] = t
		return
	}
	Copy(out[0], t)
}

// Ensure allocates out[i] if it is nil because Infer could not tell its shape.
func Ensure(out []*core.Tensor, i int, typ core.Type, s core.Shape) error {
	if out[i] != nil {
		return nil
	}
	t, err := core.NewTensor(typ, s)
	out[i] = t
	return err
}

// SetInts stores integers in an integer tensor. A number that does not fit wraps around.
func SetInts(t *core.Tensor, v []int64) {
	switch t.Type() {
	case core.I8:
		Store(core.Data[int8](t), v)
	case core.U8:
		Store(core.Data[uint8](t), v)
	case core.I16:
		Store(core.Data[int16](t), v)
	case core.U16:
		Store(core.Data[uint16](t), v)
	case core.I32:
		Store(core.Data[int32](t), v)
	case core.U32:
		Store(core.Data[uint32](t), v)
	case core.I64:
		copy(core.Data[int64](t), v)
	case core.U64:
		Store(core.Data[uint64](t), v)
	default:
		panic("elements: SetInts of a tensor of " + t.Type().String())
	}
}

// Store stores numbers in a tensor of another type.
func Store[To, From numeric.Number](d []To, v []From) {
	for i, x := range v {
		d[i] = To(x)
	}
}

// Complexes returns the elements of a complex tensor as complex128. Those of C128 are the data itself and must not be
// changed.
func Complexes(t *core.Tensor) []complex128 {
	if t.Type() == core.C128 {
		return core.Data[complex128](t)
	}
	x := core.Data[complex64](t)
	v := make([]complex128, len(x))
	for i, e := range x {
		v[i] = complex128(e)
	}
	return v
}

// SetComplexes stores complex numbers, rounded to nearest even, in a complex tensor.
func SetComplexes(t *core.Tensor, v []complex128) {
	if t.Type() == core.C128 {
		copy(core.Data[complex128](t), v)
		return
	}
	y := core.Data[complex64](t)
	for i, e := range v {
		y[i] = complex64(e)
	}
}

// SetFloat32s stores reals, rounded to nearest even, in a real tensor.
func SetFloat32s(t *core.Tensor, v []float32) {
	switch t.Type() {
	case core.F32:
		copy(core.Data[float32](t), v)
	case core.F64:
		Store(core.Data[float64](t), v)
	case core.BF16, core.F16:
		Halve(core.Data[uint16](t), v, t.Type())
	default:
		panic("elements: SetFloat32s of a tensor of " + t.Type().String())
	}
}

// Halve sets y to numbers rounded to the type t, which is BF16 or F16.
func Halve(y []uint16, x []float32, t core.Type) {
	y = y[:len(x)]
	if t == core.BF16 {
		for i, v := range x {
			y[i] = activation.F32ToBF16(v)
		}
		return
	}
	for i, v := range x {
		y[i] = activation.F32ToF16(v)
	}
}

// Narrow rounds reals to BF16 or F16, in place, if t is one of these.
func Narrow[T numeric.Number](t core.Type, x []T) {
	switch t {
	case core.BF16:
		for i, v := range x {
			x[i] = T(math.Float32frombits(uint32(activation.F32ToBF16(float32(v))) << 16))
		}
	case core.F16:
		for i, v := range x {
			x[i] = T(activation.RoundF16(float32(v)))
		}
	}
}

// Widen sets y to the numbers of halves of the type t, which is BF16 or F16.
func Widen[T numeric.Number](y []T, halves []uint16, t core.Type) {
	halves = halves[:len(y)]
	if t == core.BF16 {
		for i, v := range halves {
			y[i] = T(math.Float32frombits(uint32(v) << 16))
		}
		return
	}
	for i, v := range halves {
		y[i] = T(activation.F16ToF32(v))
	}
}
