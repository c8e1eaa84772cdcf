package transcendental

import "math"

// Mod returns the remainder of x / y with the sign of x: math.Mod(x, y), to the bit.
func Mod(x, y float64) float64 {
	a, b := math.Abs(x), math.Abs(y)
	q := math.Trunc(a / b)
	if !(q < 1<<53 && b <= math.MaxFloat64) {
		return math.Mod(x, y)
	}
	// The quotient is that of the definition, or one more where the division was rounded up to an integer. Both
	// remainders are exact.
	r := math.FMA(-q, b, a)
	if r < 0 {
		r += b
	}
	return math.Copysign(r, x)
}
