package loops

import (
	"math"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// UnaryFunction is a function of one number.
type UnaryFunction uint8

// The functions. Integers wrap.
const (
	Abs UnaryFunction = iota
	Negative
	Sign       // -1, 0 or 1; NaN, and zeros with their sign, stay
	Square     //
	Invert     // the complement of all bits, of integers
	Relu       // 0 for what is less than 0
	Relu6      // that, and 6 for what is greater than 6
	Reciprocal // 1 / x, of reals, as the following
	Floor
	Ceil
	RoundEven // to the nearest integer, halves to even
	numUnary
)

var unaryNames = [numUnary]string{
	"abs", "negative", "sign", "square", "invert", "relu", "relu6", "reciprocal", "floor", "ceil",
	"roundeven",
}

// String returns the name of the function in those of kernels.
func (f UnaryFunction) String() string { return unaryNames[f] }

// Each computes n elements from those of x at the same places; out may be x if the elements have the same size.
type Each func(out, x []byte, n int)

// Unary returns the kernel of a function of one number of a type.
func Unary(s isa.Set, t dtype.Type, f UnaryFunction) Kernel[Each] {
	loop := unary(t, f)
	if loop == nil {
		return Kernel[Each]{}
	}
	if run, i := eachOf(s, t, f, loop); run != nil {
		return named(f, t, i, run)
	}
	return named(f, t, isa.Portable, loop)
}

// unary returns the loop of a function of one number of a type; nil if there is none.
func unary(t dtype.Type, f UnaryFunction) Each {
	switch t {
	case dtype.U8:
		return limits[uint8](f)
	case dtype.I8:
		return wholeEach[int8](f)
	case dtype.U16:
		return limits[uint16](f)
	case dtype.I16:
		return wholeEach[int16](f)
	case dtype.U32:
		return limits[uint32](f)
	case dtype.I32:
		return wholeEach[int32](f)
	case dtype.I64:
		return wholeEach[int64](f)
	case dtype.U64:
		return limits[uint64](f)
	case dtype.F64:
		return realEach(f)
	}
	return nil
}

func two[T, U number](out, x []byte, n int) (to []T, a []U) {
	return view.First[T](out, n), view.First[U](x, n)
}

func products[T number](f UnaryFunction) Each {
	switch f {
	case Negative:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = -a[i]
			}
		}
	case Square:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = a[i] * a[i]
			}
		}
	}
	return nil
}

func wholeEach[T signed](f UnaryFunction) Each {
	switch f {
	case Abs:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = max(a[i], -a[i])
			}
		}
	case Sign:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = T(bit(a[i] > 0)) - T(bit(a[i] < 0))
			}
		}
	}
	return limits[T](f)
}

func limits[T whole](f UnaryFunction) Each {
	switch f {
	case Invert:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = ^a[i]
			}
		}
	case Relu:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = widenedMax(a[i], 0)
			}
		}
	case Relu6:
		return func(out, x []byte, n int) {
			to, a := two[T, T](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = widenedMin(widenedMax(a[i], 0), 6)
			}
		}
	}
	return products[T](f)
}

func realEach(f UnaryFunction) Each {
	switch f {
	case Abs:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = math.Abs(a[i])
			}
		}
	case Reciprocal:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = 1 / a[i]
			}
		}
	}
	return choices(f)
}

// choices chooses between bits: only for integers is that without branches.
func choices(f UnaryFunction) Each {
	switch f {
	case Relu:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			for i, v := range a {
				bits := math.Float64bits(v)
				if v < 0 {
					bits = 0
				}
				to[i] = math.Float64frombits(bits)
			}
		}
	case Relu6:
		six := math.Float64bits(6)
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			for i, v := range a {
				bits := math.Float64bits(v)
				if v < 0 {
					bits = 0
				}
				if v > 6 {
					bits = six
				}
				to[i] = math.Float64frombits(bits)
			}
		}
	case Sign:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			for i, v := range a {
				bits := math.Float64bits(v)
				one := math.Float64bits(1) | bits&(1<<63)
				if v > 0 {
					bits = one
				}
				if v < 0 {
					bits = one
				}
				to[i] = math.Float64frombits(bits)
			}
		}
	}
	return rounded(f)
}

// rounded rounds halves to even by adding what has no bits for fractions, and subtracting it again: the CPU's
// instruction waits for what its register held before.
func rounded(f UnaryFunction) Each {
	const most = 1 << 51 // up to here sums with 3*most are rounded to integers
	switch f {
	case Floor:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = math.Floor(a[i])
			}
		}
	case Ceil:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = math.Ceil(a[i])
			}
		}
	case RoundEven:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			for i, v := range a {
				if math.Abs(v) < most {
					to[i] = math.Copysign(float64(v+3*most)-3*most, v)
				} else {
					to[i] = math.RoundToEven(v)
				}
			}
		}
	}
	return products[float64](f)
}

// Class is a class of float64.
type Class uint8

// The classes.
const (
	Finite Class = iota
	Infinite
	NaN
	numClasses
)

var classNames = [numClasses]string{"finite", "infinite", "nan"}

// String returns the name of the class in those of kernels.
func (c Class) String() string { return classNames[c] }

// Is returns the kernel that makes a byte of each float64: 1 if it belongs to the class, else 0.
func Is(c Class) Kernel[Each] {
	return named(c, dtype.F64, isa.Portable, Each(func(out, x []byte, n int) {
		to, a := out[:n], view.First[uint64](x, n)
		a = a[:len(to)]
		const infinity = 0x7ff << 53 // without a sign
		switch c {
		case Finite:
			for i := range to {
				to[i] = bit(a[i]<<1 < infinity)
			}
		case Infinite:
			for i := range to {
				to[i] = bit(a[i]<<1 == infinity)
			}
		default:
			for i := range to {
				to[i] = bit(a[i]<<1 > infinity)
			}
		}
	}))
}
