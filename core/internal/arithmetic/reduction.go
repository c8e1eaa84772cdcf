package arithmetic

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// Reduction is a row of the table of reductions. t is the element type.
type Reduction struct {
	Real32 func(v []float32) float32
	Real64 func(v []float64) float64
	Whole  func(v []int64, t core.Type) int64
	// Complex is nil for reductions that are not of complex numbers.
	Complex func(v []complex128) complex128
}

// Max is the largest.
func Max() Reduction {
	return Reduction{
		func(v []float32) float32 { return Largest(v, float32(math.Inf(-1))) },
		func(v []float64) float64 { return Largest(v, math.Inf(-1)) },
		func(v []int64, t core.Type) int64 {
			m, _ := Bounds64(t)
			for _, x := range v {
				m = max(m, x)
			}
			return m
		},
		nil,
	}
}

// lanes is the number of partial sums of a sum of reals.
const lanes = 16

// SumLanes adds reals in the order that Sum documents.
func SumLanes[T float32 | float64](v []T) T {
	var lane [lanes]T
	for len(v) >= lanes {
		for i, x := range v[:lanes] {
			lane[i] += x
		}
		v = v[lanes:]
	}
	for i, x := range v {
		lane[i] += x
	}
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] += lane[i+half]
		}
	}
	return lane[0]
}

// MultiplyLanes multiplies reals in the order that Prod documents.
func MultiplyLanes[T float32 | float64](v []T) T {
	var lane [lanes]T
	for i := range lane {
		lane[i] = 1
	}
	for i, x := range v {
		lane[i%lanes] *= x
	}
	for half := lanes / 2; half > 0; half /= 2 {
		for i := range half {
			lane[i] *= lane[i+half]
		}
	}
	return lane[0]
}

// WholeSum adds integers, which wrap.
func WholeSum(v []int64) int64 {
	var s int64
	for _, x := range v {
		s += x
	}
	return s
}

// Largest returns the largest of v and m; NaN if one is.
func Largest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = Larger(m, x)
	}
	return m
}

// Smallest returns the smallest of v and m; NaN if one is.
func Smallest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = smaller(m, x)
	}
	return m
}

// Bounds64 is Bounds that also knows i64.
func Bounds64(t core.Type) (lo, hi int64) {
	if t == core.I64 {
		return math.MinInt64, math.MaxInt64
	}
	return t.Bounds()
}
