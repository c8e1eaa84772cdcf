package loops

import (
	"math"
	"slices"
	"unsafe"

	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/dtype"
	"github.com/tf2ng/tf2ng/kernels/internal/isa"
)

// Function is a function of two numbers.
type Function uint8

// The functions. Integers wrap. Divisors of integers are not 0.
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
	Power      // x to the power of y, of integers; y is not negative
	numFunctions
)

var functionNames = [numFunctions]string{
	"add", "subtract", "multiply", "divide", "floordivide", "truncatemod", "floormod", "maximum", "minimum",
	"squareddifference", "and", "or", "xor", "shiftleft", "shiftright", "power",
}

// String returns the name of the function in those of kernels.
func (f Function) String() string { return functionNames[f] }

// Pairs computes n elements from those of x and y at the same places; out may be x or y, except for Power.
type Pairs func(out, x, y []byte, n int)

// Binary returns the kernel of a function of two numbers of a type.
func Binary(s isa.Set, t dtype.Type, f Function) Kernel[Pairs] {
	loop := pairLoop(t, f)
	if loop == nil {
		return Kernel[Pairs]{}
	}
	if run, i := pairsOf(s, t, f, loop); run != nil {
		return named(f, t, i, run)
	}
	return named(f, t, isa.Portable, loop)
}

// pairLoop returns the loop of a function of two numbers of a type; nil if there is none.
func pairLoop(t dtype.Type, f Function) Pairs {
	switch t {
	case dtype.U8:
		return wholePairs[uint8](f)
	case dtype.I8:
		return wholePairs[int8](f)
	case dtype.U16:
		return wholePairs[uint16](f)
	case dtype.I16:
		return wholePairs[int16](f)
	case dtype.U32:
		return wholePairs[uint32](f)
	case dtype.I32:
		return wholePairs[int32](f)
	case dtype.I64:
		return wholePairs[int64](f)
	case dtype.U64:
		return wholePairs[uint64](f)
	case dtype.F64:
		return realPairs(f)
	}
	return nil
}

// three returns n elements each of out, x and y.
func three[T number](out, x, y []byte, n int) (to, a, b []T) {
	return view.First[T](out, n), view.First[T](x, n), view.First[T](y, n)
}

func wholePairs[T whole](f Function) Pairs {
	switch f {
	case Divide, FloorDivide, TruncateMod, FloorMod:
		return quotients[T](f)
	case And, Or, Xor, ShiftLeft, ShiftRight:
		return bitPairs[T](f)
	case Power:
		return powers[T]
	case Maximum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = widenedMax(a[i], b[i])
			}
		}
	case Minimum:
		return func(out, x, y []byte, n int) {
			to, a, b := three[T](out, x, y, n)
			a, b = a[:len(to)], b[:len(to)]
			for i := range to {
				to[i] = widenedMin(a[i], b[i])
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
				to[i] = q + past(a[i]-q*b[i], b[i])
			}
		}
	}
	return func(out, x, y []byte, n int) {
		to, a, b := three[T](out, x, y, n)
		a, b = a[:len(to)], b[:len(to)]
		for i := range to {
			r := a[i] - quotient(a[i], b[i])*b[i]
			to[i] = r + b[i]&past(r, b[i])
		}
	}
}

// past is -1 if a remainder that is not 0 has another sign than the divisor, so that the quotient is too large; else 0.
func past[T whole](r, divisor T) T {
	if T(0)-1 > 0 { // no sign
		return 0
	}
	return ((r ^ divisor) & (r | -r)) >> (8*unsafe.Sizeof(r) - 1)
}

// HasZero returns what reports whether any of n integers is 0; nil for reals.
func HasZero(t dtype.Type) func(x []byte, n int) bool {
	switch t {
	case dtype.U8:
		return hasZero[uint8]
	case dtype.I8:
		return hasZero[int8]
	case dtype.U16:
		return hasZero[uint16]
	case dtype.I16:
		return hasZero[int16]
	case dtype.U32:
		return hasZero[uint32]
	case dtype.I32:
		return hasZero[int32]
	case dtype.I64:
		return hasZero[int64]
	case dtype.U64:
		return hasZero[uint64]
	}
	return nil
}

// HasNegative returns what reports whether any of n integers is negative; nil if the type has none.
func HasNegative(t dtype.Type) func(x []byte, n int) bool {
	switch t {
	case dtype.I8:
		return hasNegative[int8]
	case dtype.I16:
		return hasNegative[int16]
	case dtype.I32:
		return hasNegative[int32]
	case dtype.I64:
		return hasNegative[int64]
	}
	return nil
}

func hasNegative[T signed](x []byte, n int) bool {
	var all T
	for _, v := range view.First[T](x, n) {
		all |= v
	}
	return all < 0
}

// powers multiplies squares of x, whose exponents are the bits of y.
func powers[T whole](out, x, y []byte, n int) {
	to, a, b := three[T](out, x, y, n)
	a, b = a[:len(to)], b[:len(to)]
	for i := range to {
		r, v := T(1), a[i]
		for e := b[i]; e > 0; e >>= 1 {
			if e&1 != 0 {
				r *= v
			}
			v *= v
		}
		to[i] = r
	}
}

func hasZero[T whole](x []byte, n int) bool { return slices.Contains(view.First[T](x, n), 0) }

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

// Compare returns the kernel that makes a byte of each pair: 1 where the relation holds, else 0.
func Compare(s isa.Set, t dtype.Type, r Relation) Kernel[Pairs] {
	loop := compare(t, r)
	if loop == nil {
		return Kernel[Pairs]{}
	}
	if run, i := find(s, r, t); run != nil {
		return named(r, t, i, run.pairs(t.Size(), 1, loop))
	}
	return named(r, t, isa.Portable, loop)
}

// compare returns the loop of a relation; nil if there is none.
func compare(t dtype.Type, r Relation) Pairs {
	switch t {
	case dtype.U8:
		return relation[uint8](r)
	case dtype.I8:
		return relation[int8](r)
	case dtype.U16:
		return relation[uint16](r)
	case dtype.I16:
		return relation[int16](r)
	case dtype.U32:
		return relation[uint32](r)
	case dtype.I32:
		return relation[int32](r)
	case dtype.I64:
		return relation[int64](r)
	case dtype.U64:
		return relation[uint64](r)
	case dtype.F64:
		return relation[float64](r)
	}
	return nil
}

func relation[T number](r Relation) Pairs {
	return [numRelations]Pairs{Equal: equal[T], NotEqual: notEqual[T], Less: less[T], LessEqual: lessEqual[T]}[r]
}

func equal[T number](out, x, y []byte, n int) {
	a, b, to := view.First[T](x, n), view.First[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v == b[i])
	}
}

func notEqual[T number](out, x, y []byte, n int) {
	a, b, to := view.First[T](x, n), view.First[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v != b[i])
	}
}

func less[T number](out, x, y []byte, n int) {
	a, b, to := view.First[T](x, n), view.First[T](y, n), out[:n]
	b, to = b[:len(a)], to[:len(a)]
	for i, v := range a {
		to[i] = bit(v < b[i])
	}
}

func lessEqual[T number](out, x, y []byte, n int) {
	a, b, to := view.First[T](x, n), view.First[T](y, n), out[:n]
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
