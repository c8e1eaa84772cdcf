package numeric

import (
	"math"

	"github.com/tf2ng/tf2ng/core/internal/enum"
	"github.com/tf2ng/tf2ng/internal/activation"
)

// RoundMode says how a real is rounded to an integer. The order is nGraph's.
type RoundMode uint8

// The round modes of nGraph's Quantize.
const (
	RoundNearestTowardInfinity RoundMode = iota // to nearest, ties away from zero
	RoundNearestTowardZero                      // to nearest, ties toward zero
	RoundNearestUpward                          // to nearest, ties up
	RoundNearestDownward                        // to nearest, ties down
	RoundNearestTowardEven                      // to nearest, ties to even
	RoundTowardInfinity                         // away from zero
	RoundTowardZero                             // toward zero
	RoundUp                                     // toward +Inf
	RoundDown                                   // toward -Inf
	numRoundModes
)

var roundModeNames = [numRoundModes]string{
	"ROUND_NEAREST_TOWARD_INFINITY", "ROUND_NEAREST_TOWARD_ZERO", "ROUND_NEAREST_UPWARD", "ROUND_NEAREST_DOWNWARD",
	"ROUND_NEAREST_TOWARD_EVEN", "ROUND_TOWARD_INFINITY", "ROUND_TOWARD_ZERO", "ROUND_UP", "ROUND_DOWN",
}

// String returns nGraph's name.
func (m RoundMode) String() string { return enum.Name(m, roundModeNames[:]) }

// MarshalText writes the name, which stands for the RoundMode in JSON.
func (m RoundMode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText parses nGraph's name.
func (m *RoundMode) UnmarshalText(b []byte) error {
	return enum.Parse(m, string(b), "round mode", roundModeNames[:])
}

// Round rounds x to an integer, still as a float. NaN and infinities stay.
func (m RoundMode) Round(x float64) float64 {
	switch m {
	case RoundNearestTowardInfinity:
		return math.Round(x)
	case RoundNearestTowardZero:
		return math.Copysign(math.Ceil(math.Abs(x)-0.5), x)
	case RoundNearestUpward:
		return roundHalf(x, math.Ceil)
	case RoundNearestDownward:
		return roundHalf(x, math.Floor)
	case RoundNearestTowardEven:
		return math.RoundToEven(x)
	case RoundTowardInfinity:
		return math.Copysign(math.Ceil(math.Abs(x)), x)
	case RoundTowardZero:
		return math.Trunc(x)
	case RoundUp:
		return math.Ceil(x)
	default:
		return math.Floor(x)
	}
}

// roundHalf rounds to nearest; tie decides between two equally near integers.
func roundHalf(x float64, tie func(float64) float64) float64 {
	f := math.Floor(x)
	if x-f == 0.5 {
		return tie(x)
	}
	return math.RoundToEven(x)
}

// Saturate converts an integral float to an integer within [lo, hi]. NaN gives lo.
func Saturate(x float64, lo, hi int64) int64 {
	switch {
	case !(x > float64(lo)):
		return lo
	case x >= float64(hi):
		return hi
	}
	return int64(x)
}

// FMA32 returns x*y + z with one rounding to float32, on every CPU.
func FMA32(x, y, z float32) float32 { return activation.FMA32(x, y, z) }

// FlushedFMA32 is FMA32 where subnormal operands count as zeros, and so does a subnormal result, after it is rounded as
// if exponents had no lower limit.
func FlushedFMA32(x, y, z float32) float32 { return activation.FlushedFMA32(x, y, z) }

// Valid reports whether m is one of the modes.
func (m RoundMode) Valid() bool { return m < numRoundModes }
