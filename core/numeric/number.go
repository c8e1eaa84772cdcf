package numeric

import "math"

// Number is a Go type for numbers.
type Number interface {
	int8 | uint8 | int16 | uint16 | int32 | uint32 | int64 | uint64 | float32 | float64
}

// Flushed returns x, or a zero with its sign if x is subnormal: TensorFlow sets the CPU to treat subnormal
// numbers as 0.
func Flushed(x float32) float32 {
	if Abs32(x) < LeastNormal {
		return float32(math.Copysign(0, float64(x)))
	}
	return x
}

// LeastNormal is the least float32 above 0 that is not subnormal.
const LeastNormal = 0x1p-126

// Abs32 returns the magnitude of x.
func Abs32(x float32) float32 { return float32(math.Abs(float64(x))) }

// LargestFloatI32 is the largest float32 within the range of i32. oneDNN clamps a float to it before
// converting it to i32.
const LargestFloatI32 = 1<<31 - 128
