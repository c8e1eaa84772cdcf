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
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(t.Bytes()))), len(t.Bytes())/int(unsafe.Sizeof(v)))
}

// region is a strided set of the elements of a tensor.
type region struct {
	tensor  *Tensor
	at      int   // the first element
	strides []int // in elements; may be negative or 0
}

// whole returns the region of all elements.
func whole(t *Tensor) region { return region{t, 0, rowMajorStrides(t.Shape())} }

// move copies the elements of src, a region of the given shape, to dst. Both have
// one element type.
func move(dst, src region, shape Shape) {
	if slices.Contains(shape, 0) {
		return
	}
	switch dst.tensor.Type().Size() {
	case 1:
		moveElements(elements[uint8](dst.tensor), elements[uint8](src.tensor), dst, src, shape)
	case 2:
		moveElements(elements[uint16](dst.tensor), elements[uint16](src.tensor), dst, src, shape)
	case 4:
		moveElements(elements[uint32](dst.tensor), elements[uint32](src.tensor), dst, src, shape)
	case 8:
		moveElements(elements[uint64](dst.tensor), elements[uint64](src.tensor), dst, src, shape)
	default:
		moveElements(dst.tensor.Strings(), src.tensor.Strings(), dst, src, shape)
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

// Copy copies the elements of a tensor of the same type and number of elements.
func Copy(t *Tensor, from *Tensor) {
	copy(t.Bytes(), from.Bytes())
	copy(t.Strings(), from.Strings())
}

// fill sets out[0], which may be nil, to a tensor with the data of t.
func fill(out []*Tensor, t *Tensor) {
	if out[0] == nil {
		out[0] = t
		return
	}
	Copy(out[0], t)
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

// SetInts stores integers in an integer tensor; what does not fit wraps.
func SetInts(t *Tensor, v []int64) {
	switch t.Type() {
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
		panic("elements: SetInts of a tensor of " + t.Type().String())
	}
}

// store stores numbers as those of another type.
func store[To, From number](d []To, v []From) {
	for i, x := range v {
		d[i] = To(x)
	}
}

// SetFloat32s stores reals, rounded to nearest even, in a real tensor.
func SetFloat32s(t *Tensor, v []float32) {
	switch t.Type() {
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
		panic("elements: SetFloat32s of a tensor of " + t.Type().String())
	}
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
