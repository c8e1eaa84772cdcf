package core

import "math"

// arithmetic is a row of the table of binary ops.
type arithmetic struct {
	real32 func(a, b float32) float32
	real64 func(a, b float64) float64
	whole  func(a, b int64) (int64, error)
}

// addRow is a + b.
func addRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return a + b },
		func(a, b float64) float64 { return a + b },
		func(a, b int64) (int64, error) { return a + b, nil },
	}
}

// subtractRow is a - b.
func subtractRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return a - b },
		func(a, b float64) float64 { return a - b },
		func(a, b int64) (int64, error) { return a - b, nil },
	}
}

// multiplyRow is a * b.
func multiplyRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return a * b },
		func(a, b float64) float64 { return a * b },
		func(a, b int64) (int64, error) { return a * b, nil },
	}
}

// divideRow is a / b; an integer divided by 0 is an error.
func divideRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return a / b },
		func(a, b float64) float64 { return a / b },
		func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, Violation("", 1, "integer division by zero")
			}
			return a / b, nil
		},
	}
}

// maximumRow is the larger of two; NaN if either is.
func maximumRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return larger(a, b) },
		func(a, b float64) float64 { return larger(a, b) },
		func(a, b int64) (int64, error) { return max(a, b), nil },
	}
}

// minimumRow is the smaller of two; NaN if either is.
func minimumRow() arithmetic {
	return arithmetic{
		func(a, b float32) float32 { return smaller(a, b) },
		func(a, b float64) float64 { return smaller(a, b) },
		func(a, b int64) (int64, error) { return min(a, b), nil },
	}
}

// larger returns a if a > b, else b; NaN if either is. It is written out so that
// zeros of both signs give the same everywhere.
func larger[T float32 | float64](a, b T) T {
	if a > b || a != a {
		return a
	}
	return b
}

// smaller returns a if a < b, else b; NaN if either is.
func smaller[T float32 | float64](a, b T) T {
	if a < b || a != a {
		return a
	}
	return b
}

// floor32 is floor in float32.
func floor32(x float32) float32 { return float32(math.Floor(float64(x))) }
