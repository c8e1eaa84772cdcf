package loops

import (
	"math"
	"slices"
	"unsafe"
)

// Function is a function of two numbers.
type Function uint8

// The functions. Integers wrap. The divisors of integers are not 0.
const (
	Add Function = iota
	Subtract
	Multiply
	Divide            // x / y; integers are truncated
	FloorDivide       // x / y rounded down
	TruncateMod       // the remainder of x / y, with the sign of x, of integers
	FloorMod          // the remainder with the sign of y, of integers
	Maximum           // x if x > y, else y; NaN if either is
	Minimum           // x if x < y, else y; NaN if either is
	SquaredDifference // (x - y) * (x - y)
	And               // bitwise, of integers, as the following
	Or
	Xor
	ShiftLeft  // x shifted by y bits, y limited to [0, bits of the type)
	ShiftRight // x shifted right, likewise, keeping the sign
	numFunctions
)

var functionNames = [numFunctions]string{
	"add", "subtract", "multiply", "divide", "floordivide", "truncatemod", "floormod", "maximum", "minimum",
	"squareddifference", "and", "or", "xor", "shiftleft", "shiftright",
}

// String returns the name of the function in those of kernels.
func (f Function) String() string { return functionNames[f] }

// Pairs computes n elements from those of x and y at the same places; out may be x or y.
type Pairs func(out, x, y []byte, n int)

// Binary returns the loop of a function of two numbers of a type; nil if there is none.
func Binary(t Type, f Function) Pairs {
	switch t {
	case U8:
		return wholePairs[uint8](f)
	case I8:
		return wholePairs[int8](f)
	case U16:
		return wholePairs[uint16](f)
	case I16:
		return wholePairs[int16](f)
	case U32:
		return wholePairs[uint32](f)
	case I32:
		return wholePairs[int32](f)
	case I64:
		return wholePairs[int64](f)
	case F64:
		return realPairs(f)
	}
	return nil
}

// three returns n elements each of out, x and y.
func three[T number](out, x, y []byte, n int) (to, a, b []T) {
	return view[T](out, n), view[T](x, n), view[T](y, n)
}

// wholePairs widens the operands of Maximum and Minimum: only for words are these without branches.
func wholePairs[T whole](f Function) Pairs {
	switch f {
	case Divide, FloorDivide, TruncateMod, FloorMod:
		return quotients[T](f)
	case And, Or, Xor, ShiftLeft, ShiftRight:
		return bitPairs[T](f)
	case Maximum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = T(max(int64(a[i]), int64(b[i])))
			}
		}
	case Minimum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = T(min(int64(a[i]), int64(b[i])))
			}
		}
	}
	return sums[T](f)
}

func sums[T number](f Function) Pairs {
	switch f {
	case Add:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] + b[i]
			}
		}
	case Subtract:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] - b[i]
			}
		}
	case Multiply:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] * b[i]
			}
		}
	case SquaredDifference:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				d := a[i] - b[i]
				to[i] = d * d
			}
		}
	}
	return nil
}

// quotient returns a / b. In float64, which divides faster, quotients of up to 32 bits are exact once truncated.
func quotient[T whole](a, b T) T {
	if unsafe.Sizeof(a) < 8 {
		return T(int64(float64(a) / float64(b)))
	}
	return a / b
}

// The copies of closures that come with inlining do not inline quotient.
//
//go:noinline
func quotients[T whole](f Function) Pairs {
	switch f {
	case Divide:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = quotient(a[i], b[i])
			}
		}
	case TruncateMod:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] - quotient(a[i], b[i])*b[i]
			}
		}
	case FloorDivide:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				q := quotient(a[i], b[i])
				if r := a[i] - q*b[i]; r != 0 && (r < 0) != (b[i] < 0) {
					q--
				}
				to[i] = q
			}
		}
	}
	return func(out, x, y []byte, n int) {
		to, a, b := three[T](out, x, y, n)
		a, b = a[:len(to)], b[:len(to)]
		for i := range to {
			r := a[i] - quotient(a[i], b[i])*b[i]
			if r != 0 && (r < 0) != (b[i] < 0) {
				r += b[i]
			}
			to[i] = r
		}
	}
}

// HasZero returns what reports whether any of n integers is 0; nil for reals.
func HasZero(t Type) func(x []byte, n int) bool {
	switch t {
	case U8:
		return hasZero[uint8]
	case I8:
		return hasZero[int8]
	case U16:
		return hasZero[uint16]
	case I16:
		return hasZero[int16]
	case U32:
		return hasZero[uint32]
	case I32:
		return hasZero[int32]
	case I64:
		return hasZero[int64]
	}
	return nil
}

func hasZero[T whole](x []byte, n int) bool { return slices.Contains(view[T](x, n), 0) }

func bitPairs[T whole](f Function) Pairs {
	var v T
	most := T(8*unsafe.Sizeof(v) - 1)
	switch f {
	case And:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] & b[i]
			}
		}
	case Or:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] | b[i]
			}
		}
	case Xor:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] ^ b[i]
			}
		}
	case ShiftLeft:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] << uint(min(max(b[i], 0), most))
			}
		}
	}
	return func(out, x, y []byte, n int) {
		to, a, b := three[T](out, x, y, n)
		a, b = a[:len(to)], b[:len(to)]
		for i := range to {
			to[i] = a[i] >> uint(min(max(b[i], 0), most))
		}
	}
}

// realPairs chooses between bits: only for integers is that without branches.
func realPairs(f Function) Pairs {
	switch f {
	case Divide:
		return func(out, x, y []byte, n int) {
			to, a, b := three[float64](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = a[i] / b[i]
			}
		}
	case FloorDivide:
		return func(out, x, y []byte, n int) {
			to, a, b := three[float64](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = math.Floor(a[i] / b[i])
			}
		}
	case Maximum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[float64](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				x, y := math.Float64bits(a[i]), math.Float64bits(b[i])
				if a[i] > b[i] {
					y = x
				}
				if a[i] != a[i] {
					y = x
				}
				to[i] = math.Float64frombits(y)
			}
		}
	case Minimum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[float64](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				x, y := math.Float64bits(a[i]), math.Float64bits(b[i])
				if a[i] < b[i] {
					y = x
				}
				if a[i] != a[i] {
					y = x
				}
				to[i] = math.Float64frombits(y)
			}
		}
	}
	return sums[float64](f)
}

// larger returns a if a > b, else b; NaN if either is.
func larger[T number](a, b T) T {
	if a > b || a != a {
		return a
	}
	return b
}

// smaller returns a if a < b, else b; NaN if either is.
func smaller[T number](a, b T) T {
	if a < b || a != a {
		return a
	}
	return b
}

// Relation is a relation of two numbers.
type Relation uint8

// The relations.
const (
	Equal Relation = iota
	NotEqual
	Less
	LessEqual
	numRelations
)

var relationNames = [numRelations]string{"equal", "notequal", "less", "lessequal"}

// String returns the name of the relation in those of kernels.
func (r Relation) String() string { return relationNames[r] }

// Compare returns the loop that makes a byte of each pair: 1 where the relation holds, else 0.
func Compare(t Type, r Relation) Pairs {
	switch t {
	case U8:
		return relation[uint8](r)
	case I8:
		return relation[int8](r)
	case U16:
		return relation[uint16](r)
	case I16:
		return relation[int16](r)
	case U32:
		return relation[uint32](r)
	case I32:
		return relation[int32](r)
	case I64:
		return relation[int64](r)
	case F32:
		return relation[float32](r)
	}
	return relation[float64](r)
}

func relation[T number](r Relation) Pairs {
	return [numRelations]Pairs{Equal: equal[T], NotEqual: notEqual[T], Less: less[T], LessEqual: lessEqual[T]}[r]
}

func equal[T number](out, x, y []byte, n int) {
	a, b, to := view[T](x, n), view[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v == b[i])
	}
}

func notEqual[T number](out, x, y []byte, n int) {
	a, b, to := view[T](x, n), view[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v != b[i])
	}
}

func less[T number](out, x, y []byte, n int) {
	a, b, to := view[T](x, n), view[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v < b[i])
	}
}

func lessEqual[T number](out, x, y []byte, n int) {
	a, b, to := view[T](x, n), view[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v <= b[i])
	}
}

func bit(b bool) byte {
	if b {
		return 1
	}
	return 0
}
