package arithmetic

import (
	"math"

	"github.com/tf2ng/tf2ng/core"
)

// Binary is a row of the table of binary ops.
type Binary struct {
	Real32  func(a, b float32) float32
	Real64  func(a, b float64) float64
	Whole   func(a, b int64) (int64, error)
	Complex func(a, b complex128) complex128 // nil: not of complex numbers
}

// Add is a + b.
func Add() Binary {
	return Binary{
		func(a, b float32) float32 { return a + b },
		func(a, b float64) float64 { return a + b },
		func(a, b int64) (int64, error) { return a + b, nil },
		func(a, b complex128) complex128 { return a + b },
	}
}

// Subtract is a - b.
func Subtract() Binary {
	return Binary{
		func(a, b float32) float32 { return a - b },
		func(a, b float64) float64 { return a - b },
		func(a, b int64) (int64, error) { return a - b, nil },
		func(a, b complex128) complex128 { return a - b },
	}
}

// Multiply is a * b.
func Multiply() Binary {
	return Binary{
		func(a, b float32) float32 { return a * b },
		func(a, b float64) float64 { return a * b },
		func(a, b int64) (int64, error) { return a * b, nil },
		complexMultiply,
	}
}

// Divide is a / b; an integer divided by 0 is an error.
func Divide() Binary {
	return Binary{
		func(a, b float32) float32 { return a / b },
		func(a, b float64) float64 { return a / b },
		func(a, b int64) (int64, error) {
			if b == 0 {
				return 0, core.Violation("", 1, "integer division by zero")
			}
			return a / b, nil
		},
		complexDivide,
	}
}

// Maximum is the larger of two; NaN if either is.
func Maximum() Binary {
	return Binary{
		func(a, b float32) float32 { return Larger(a, b) },
		func(a, b float64) float64 { return Larger(a, b) },
		func(a, b int64) (int64, error) { return max(a, b), nil },
		nil,
	}
}

// Minimum is the smaller of two; NaN if either is.
func Minimum() Binary {
	return Binary{
		func(a, b float32) float32 { return smaller(a, b) },
		func(a, b float64) float64 { return smaller(a, b) },
		func(a, b int64) (int64, error) { return min(a, b), nil },
		nil,
	}
}

// Larger returns a if a > b, else b; NaN if either is. It is written out so that
// zeros of both signs give the same everywhere.
func Larger[T float32 | float64](a, b T) T {
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

// Floor32 is floor in float32.
func Floor32(x float32) float32 { return float32(math.Floor(float64(x))) }
