package core

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/internal/activation"
	"github.com/tf2ng/tf2ng/internal/view"
)

// Alignment is the alignment in bytes of the data of tensors that this package
// allocates.
const Alignment = 64

// Tensor is a dense row-major array of one element type. Its shape is static.
type Tensor struct {
	typ     Type
	shape   Shape
	data    []byte   // little-endian elements, aligned to the element size
	strings []string // in place of data for String

	done <-chan struct{} // closed when nobody waits for the elements any more; may be nil
}

// Abandoned reports, for an output t of an op that is being evaluated, whether nobody waits for it any more. An
// Eval that may take long checks this now and then, and returns early. The contents of t are not used then.
func (t *Tensor) Abandoned() bool {
	if t.done == nil {
		return false
	}
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// Element is a Go type that represents the elements of some Type.
type Element interface {
	bool | int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64 |
		complex64 | complex128
}

// typeOf returns the Type of a Go element type.
func typeOf[T Element]() Type {
	switch any(*new(T)).(type) {
	case bool:
		return Bool
	case int8:
		return I8
	case uint8:
		return U8
	case int16:
		return I16
	case uint16:
		return U16
	case int32:
		return I32
	case uint32:
		return U32
	case int64:
		return I64
	case uint64:
		return U64
	case float32:
		return F32
	case complex64:
		return C64
	case complex128:
		return C128
	}
	return F64
}

// NewTensor returns a tensor of zeros. The shape must be static and within MaxElements.
func NewTensor(t Type, s Shape) (*Tensor, error) {
	n, err := s.Elements()
	if err != nil {
		return nil, err
	}
	switch {
	case t == String:
		return &Tensor{typ: t, shape: s.Clone(), strings: make([]string, n)}, nil
	case t.Size() == 0:
		return nil, fmt.Errorf("a tensor needs a known element type, got %v", t)
	}
	return &Tensor{typ: t, shape: s.Clone(), data: AlignedBytes(n * t.Size())}, nil
}

// AlignedBytes returns n zero bytes at an address that is a multiple of Alignment.
func AlignedBytes(n int) []byte {
	b := make([]byte, n+Alignment-1)
	off := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (Alignment - 1))
	return b[off : off+n : off+n]
}

// TensorOver returns a tensor that uses data (little-endian, row-major) as its elements. Data is copied only
// if it is not aligned to the element size. Its length must be exactly that of the shape's elements.
func TensorOver(t Type, s Shape, data []byte) (*Tensor, error) {
	n, err := s.Elements()
	if err != nil {
		return nil, err
	}
	size := t.Size()
	if size == 0 {
		return nil, fmt.Errorf("a tensor over bytes needs a fixed-size element type, got %v", t)
	}
	if len(data)/size != n || len(data)%size != 0 {
		return nil, fmt.Errorf("a %v tensor of shape %v has %d elements of %d bytes, got %d bytes", t, s, n, size, len(data))
	}
	if uintptr(unsafe.Pointer(unsafe.SliceData(data)))%uintptr(t.Part().Size()) != 0 {
		data = append(AlignedBytes(len(data))[:0], data...)
	}
	return &Tensor{typ: t, shape: s.Clone(), data: data}, nil
}

// TensorOf returns a tensor that uses elements without copying them. Its Type is that of the Go type. For
// bfloat16 and float16, use TensorOver.
func TensorOf[T Element](s Shape, elements []T) (*Tensor, error) {
	t := typeOf[T]()
	return TensorOver(t, s, view.Bytes(elements))
}

// StringTensor returns a tensor of strings.
func StringTensor(s Shape, elements []string) (*Tensor, error) {
	n, err := s.Elements()
	if err != nil {
		return nil, err
	}
	if n != len(elements) {
		return nil, fmt.Errorf("a string tensor of shape %v has %d elements, got %d", s, n, len(elements))
	}
	return &Tensor{typ: String, shape: s.Clone(), strings: elements}, nil
}

// Scalar returns a tensor of shape [] that holds v.
func Scalar[T Element](v T) *Tensor {
	t, err := TensorOf(Shape{}, []T{v})
	if err != nil {
		panic(err) // a scalar always has one element
	}
	return t
}

// Type returns the element type.
func (t *Tensor) Type() Type { return t.typ }

// Shape returns the static shape. The caller must not change it.
func (t *Tensor) Shape() Shape { return t.shape }

// Fact returns type and shape.
func (t *Tensor) Fact() Fact { return Fact{t.typ, t.shape} }

// Len returns the number of elements.
func (t *Tensor) Len() int { return t.shape.elements() }

// Bytes returns the elements as little-endian bytes, not copied; nil for String.
func (t *Tensor) Bytes() []byte { return t.data }

// Strings returns the elements of a String tensor.
func (t *Tensor) Strings() []string { return t.strings }

// Data is like DataOf for a tensor whose type has been checked before, as Infer does for Eval. It panics where
// DataOf returns an error.
func Data[T Element](t *Tensor) []T {
	want := typeOf[T]()
	if t.typ != want && !(want == U16 && t.typ.IsHalf()) {
		panic(fmt.Sprintf("core: Data[%v] of a tensor of %v", want, t.typ))
	}
	return elementsOf[T](t)
}

// Reshaped returns a tensor with the same data and another shape with the same number of elements.
func (t *Tensor) Reshaped(s Shape) (*Tensor, error) {
	n, err := s.Elements()
	if err != nil {
		return nil, err
	}
	if n != t.Len() {
		return nil, fmt.Errorf("cannot reshape %v to %v: %d elements, want %d", t.shape, s, t.Len(), n)
	}
	c := *t
	c.shape = s.Clone()
	return &c, nil
}

// Parts returns the real and imaginary parts of a complex tensor, without copying them, as reals with one more axis
// of 2; any other tensor itself.
func (t *Tensor) Parts() *Tensor {
	if !t.typ.IsComplex() {
		return t
	}
	c := *t
	c.typ, c.shape = t.typ.Part(), append(t.shape.Clone(), 2)
	return &c
}

// Clone returns a copy with data of its own.
func (t *Tensor) Clone() *Tensor {
	c := *t
	if t.typ == String {
		c.strings = append([]string(nil), t.strings...)
	} else {
		c.data = append(AlignedBytes(len(t.data))[:0], t.data...)
	}
	return &c
}

// String describes type and shape, not the elements.
func (t *Tensor) String() string { return t.Fact().String() }

// Float32s returns the elements converted to float32, rounded to nearest even. For an F32 tensor the result is
// the data itself and must not be changed. It panics for strings, for which NumbersOf returns an error.
func (t *Tensor) Float32s() []float32 {
	switch t.typ {
	case F32:
		return Data[float32](t)
	case F64:
		return convert[float64, float32](t)
	case BF16:
		out := make([]float32, t.Len())
		for i, v := range Data[uint16](t) {
			out[i] = math.Float32frombits(uint32(v) << 16)
		}
		return out
	case F16:
		out := make([]float32, t.Len())
		for i, v := range Data[uint16](t) {
			out[i] = activation.F16ToF32(v)
		}
		return out
	case I8:
		return convert[int8, float32](t)
	case U8:
		return convert[uint8, float32](t)
	case I16:
		return convert[int16, float32](t)
	case U16:
		return convert[uint16, float32](t)
	case I32:
		return convert[int32, float32](t)
	case U32:
		return convert[uint32, float32](t)
	case I64:
		return convert[int64, float32](t)
	case U64:
		return convert[uint64, float32](t)
	case Bool:
		return convert[uint8, float32](&Tensor{typ: U8, shape: t.shape, data: t.data})
	}
	panic("core: Float32s of a tensor of " + t.typ.String())
}

// Int64s returns the elements of an integer or boolean tensor as int64. It panics for other types, for which
// NumbersOf returns an error.
func (t *Tensor) Int64s() []int64 {
	switch t.typ {
	case I64:
		return Data[int64](t)
	case I8:
		return convert[int8, int64](t)
	case U8:
		return convert[uint8, int64](t)
	case I16:
		return convert[int16, int64](t)
	case U16:
		return convert[uint16, int64](t)
	case I32:
		return convert[int32, int64](t)
	case U32:
		return convert[uint32, int64](t)
	case U64:
		return convert[uint64, int64](t)
	case Bool:
		return convert[uint8, int64](&Tensor{typ: U8, shape: t.shape, data: t.data})
	}
	panic("core: Int64s of a tensor of " + t.typ.String())
}

// Float64s returns the elements of a tensor of numbers converted to float64. It panics for strings, for which
// NumbersOf returns an error.
func (t *Tensor) Float64s() []float64 {
	switch {
	case t.typ == F64:
		return Data[float64](t)
	case t.typ.IsFloat():
		v := t.Float32s()
		out := make([]float64, len(v))
		for i, x := range v {
			out[i] = float64(x)
		}
		return out
	}
	v := t.Int64s()
	out := make([]float64, len(v))
	for i, x := range v {
		out[i] = float64(x)
	}
	return out
}

func convert[From, To numeric.Number](t *Tensor) []To {
	in := Data[From](t)
	out := make([]To, len(in))
	for i, v := range in {
		out[i] = To(v)
	}
	return out
}

// elementsOf returns the elements of a tensor that is known to hold T.
func elementsOf[T Element](t *Tensor) []T {
	return view.Of[T](t.data)
}

// AllBytes returns the 256 values of i8 or u8 in the order of their bits; nil for any other
// type.
func AllBytes(t Type) *Tensor {
	if t != I8 && t != U8 {
		return nil
	}
	x, err := NewTensor(t, Shape{256})
	if err != nil {
		return nil
	}
	for i := range x.data {
		x.data[i] = byte(i)
	}
	return x
}
