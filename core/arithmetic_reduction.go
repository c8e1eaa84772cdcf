package core

import "math"

// reduction is a row of the table of reductions. t is the element type.
type reduction struct {
	real32 func(v []float32) float32
	real64 func(v []float64) float64
	whole  func(v []int64, t Type) int64
}

// maxRow is the largest.
func maxRow() reduction {
	return reduction{
		func(v []float32) float32 { return largest(v, float32(math.Inf(-1))) },
		func(v []float64) float64 { return largest(v, math.Inf(-1)) },
		func(v []int64, t Type) int64 {
			m, _ := bounds64(t)
			for _, x := range v {
				m = max(m, x)
			}
			return m
		},
	}
}

// lanes is the number of partial sums of a sum of reals.
const lanes = 16

// sumLanes adds reals in the order that Sum documents.
func sumLanes[T float32 | float64](v []T) T {
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

// wholeSum adds integers, which wrap.
func wholeSum(v []int64) int64 {
	var s int64
	for _, x := range v {
		s += x
	}
	return s
}

// largest returns the largest of v and m; NaN if one is.
func largest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = larger(m, x)
	}
	return m
}

// smallest returns the smallest of v and m; NaN if one is.
func smallest[T float32 | float64](v []T, m T) T {
	for _, x := range v {
		m = smaller(m, x)
	}
	return m
}

// bounds64 is Bounds that also knows i64.
func bounds64(t Type) (lo, hi int64) {
	if t == I64 {
		return math.MinInt64, math.MaxInt64
	}
	return t.Bounds()
}
