package loops

import "math"

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
	Sqrt       // of reals, as the following
	Reciprocal // 1 / x
	Floor
	Ceil
	numUnary
)

var unaryNames = [numUnary]string{
	"abs", "negative", "sign", "square", "invert", "relu", "sqrt", "reciprocal", "floor", "ceil",
}

// String returns the name of the function in those of kernels.
func (f UnaryFunction) String() string { return unaryNames[f] }

// Each computes n elements from those of x at the same places; out may be x if the elements have the same size.
type Each func(out, x []byte, n int)

// Unary returns the loop of a function of one number of a type; nil if there is none.
func Unary(t Type, f UnaryFunction) Each {
	switch t {
	case U8:
		return products[uint8](f)
	case I8:
		return wholeEach[int8](f)
	case U16:
		return products[uint16](f)
	case I16:
		return wholeEach[int16](f)
	case U32:
		return products[uint32](f)
	case I32:
		return wholeEach[int32](f)
	case I64:
		return wholeEach[int64](f)
	case F64:
		return realEach(f)
	}
	return nil
}

func two[T, U number](out, x []byte, n int) (to []T, a []U) { return view[T](out, n), view[U](x, n) }

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
				to[i] = max(a[i], 0)
			}
		}
	}
	return products[T](f)
}

func realEach(f UnaryFunction) Each {
	of := map[UnaryFunction]func(x float64) float64{
		Reciprocal: func(x float64) float64 { return 1 / x },
		Sign: func(x float64) float64 {
			switch {
			case x > 0:
				return 1
			case x < 0:
				return -1
			}
			return x
		},
	}[f]
	switch f {
	case Abs:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = math.Abs(a[i])
			}
		}
	case Relu:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			for i, v := range a {
				if v < 0 {
					v = 0
				}
				to[i] = v
			}
		}
	case Sqrt:
		return func(out, x []byte, n int) {
			to, a := two[float64, float64](out, x, n)
			a = a[:len(to)]
			for i := range to {
				to[i] = math.Sqrt(a[i])
			}
		}
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
	}
	if of == nil {
		return products[float64](f)
	}
	return func(out, x []byte, n int) {
		to, a := two[float64, float64](out, x, n)
		a = a[:len(to)]
		for i := range to {
			to[i] = of(a[i])
		}
	}
}
