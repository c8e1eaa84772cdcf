package core

import (
	"math"
	"slices"
	"unsafe"
)

// elements returns the data of a tensor of fixed-size elements as T, which has
// their size: for code that only moves elements.
func elements[T any](t *Tensor) []T {
	var v T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(t.data))), len(t.data)/int(unsafe.Sizeof(v)))
}

// region is a strided set of the elements of a tensor.
type region struct {
	tensor  *Tensor
	at      int   // the first element
	strides []int // in elements; may be negative or 0
}

// whole returns the region of all elements.
func whole(t *Tensor) region { return region{t, 0, rowMajorStrides(t.shape)} }

// move copies the elements of src, a region of the given shape, to dst. Both have
// one element type.
func move(dst, src region, shape Shape) {
	if slices.Contains(shape, 0) {
		return
	}
	switch dst.tensor.typ.Size() {
	case 1:
		moveElements(elements[uint8](dst.tensor), elements[uint8](src.tensor), dst, src, shape)
	case 2:
		moveElements(elements[uint16](dst.tensor), elements[uint16](src.tensor), dst, src, shape)
	case 4:
		moveElements(elements[uint32](dst.tensor), elements[uint32](src.tensor), dst, src, shape)
	case 8:
		moveElements(elements[uint64](dst.tensor), elements[uint64](src.tensor), dst, src, shape)
	default:
		moveElements(dst.tensor.strings, src.tensor.strings, dst, src, shape)
	}
}

func moveElements[T any](to, from []T, dst, src region, shape Shape) {
	if len(shape) == 0 {
		to[dst.at] = from[src.at]
		return
	}
	last := len(shape) - 1
	n, ds, ss := shape[last], dst.strides[last], src.strides[last]
	eachIndex(shape[:last], func(idx []int) {
		d, s := dst.at, src.at
		for i, v := range idx {
			d += v * dst.strides[i]
			s += v * src.strides[i]
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

// copyFrom copies the elements of a tensor of the same type and number of elements.
func (t *Tensor) copyFrom(from *Tensor) {
	copy(t.data, from.data)
	copy(t.strings, from.strings)
}

// fill sets out[0], which may be nil, to a tensor with the data of t.
func fill(out []*Tensor, t *Tensor) {
	if out[0] == nil {
		out[0] = t
		return
	}
	out[0].copyFrom(t)
}

// ensure allocates out[i] where Infer could not tell its shape.
func ensure(out []*Tensor, i int, typ Type, s Shape) error {
	if out[i] != nil {
		return nil
	}
	t, err := NewTensor(typ, s)
	out[i] = t
	return err
}

// setInts stores integers in an integer tensor; what does not fit wraps.
func (t *Tensor) setInts(v []int64) {
	switch t.typ {
	case I8:
		store(Data[int8](t), v)
	case U8:
		store(Data[uint8](t), v)
	case I16:
		store(Data[int16](t), v)
	case U16:
		store(Data[uint16](t), v)
	case I32:
		store(Data[int32](t), v)
	case U32:
		store(Data[uint32](t), v)
	case I64:
		copy(Data[int64](t), v)
	case U64:
		store(Data[uint64](t), v)
	default:
		panic("core: setInts of a tensor of " + t.typ.String())
	}
}

func store[To, From number](d []To, v []From) {
	for i, x := range v {
		d[i] = To(x)
	}
}

// setFloat32s stores reals, rounded to nearest even, in a real tensor.
func (t *Tensor) setFloat32s(v []float32) {
	switch t.typ {
	case F32:
		copy(Data[float32](t), v)
	case F64:
		store(Data[float64](t), v)
	case BF16:
		d := Data[uint16](t)
		for i, x := range v {
			d[i] = f32ToBF16(x)
		}
	case F16:
		d := Data[uint16](t)
		for i, x := range v {
			d[i] = f32ToF16(x)
		}
	default:
		panic("core: setFloat32s of a tensor of " + t.typ.String())
	}
}

// narrowed rounds to a real type that is narrower than f32; for others x is returned.
func narrowed(t Type, x float32) float32 {
	switch t {
	case BF16:
		return math.Float32frombits(uint32(f32ToBF16(x)) << 16)
	case F16:
		return f16ToF32(f32ToF16(x))
	}
	return x
}

// f32ToBF16 rounds to the nearest bfloat16, ties to even.
func f32ToBF16(x float32) uint16 {
	b := math.Float32bits(x)
	if x != x {
		return uint16(b>>16) | 0x40
	}
	return uint16((b + 0x7fff + b>>16&1) >> 16)
}

// f32ToF16 rounds to the nearest float16, ties to even; what is too large is infinite.
func f32ToF16(x float32) uint16 {
	b := math.Float32bits(x)
	sign, mag := uint16(b>>16)&0x8000, b&0x7fffffff
	switch {
	case mag > 0x7f800000:
		return sign | 0x7e00
	case mag >= 0x477ff000: // 65520, halfway beyond the largest
		return sign | 0x7c00
	case mag < 0x38800000: // below 2^-14: a multiple of 2^-24
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(mag))*(1<<24)))
	}
	return sign | uint16((mag-0x38000000+0xfff+mag>>13&1)>>13)
}

// intsOf returns the elements of a constant integer operand; false if it is not
// constant.
func intsOf(o Operand) ([]int64, bool) {
	if o.Const == nil || !o.Const.typ.IsInteger() {
		return nil, false
	}
	return o.Const.Int64s(), true
}

// checkIndexVector checks that input i is a vector of i32 or i64.
func checkIndexVector(constraint string, in []Operand, i int) error {
	o := in[i]
	if o.Type != I32 && o.Type != I64 && o.Type != Dynamic || o.Shape.Ranked() && len(o.Shape) != 1 {
		return Violation(constraint, i, "got %v, want i32 or i64 of rank 1", o.Fact)
	}
	return nil
}

// axisOf returns a maybe negative axis, counted from the end then, of a shape of rank
// rank.
func axisOf(constraint string, axis, rank int) (int, error) {
	if axis < -rank || axis >= rank {
		return 0, Violation(constraint, -1, "axis: got %d, want in [%d, %d)", axis, -rank, rank)
	}
	if axis < 0 {
		axis += rank
	}
	return axis, nil
}

// checkedShape checks that a shape that attributes or values made is within MaxElements.
func checkedShape(s Shape) (Shape, error) {
	if !s.Static() {
		return s, nil
	}
	if _, err := s.Elements(); err != nil {
		return nil, Violation("", -1, "%v", err)
	}
	return s, nil
}

// unknownShape returns a shape of known rank and unknown dimensions.
func unknownShape(rank int) Shape {
	return slices.Repeat(Shape{Unknown}, rank)
}

// isNumber reports whether t is an integer or real type, or not known.
func isNumber(t Type) bool { return t == Dynamic || t.IsInteger() || t.IsFloat() }
