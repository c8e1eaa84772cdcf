// Package transcendental has the float64 functions in terms of which ops are defined.
//
// They consist of basic arithmetic in a fixed order, with fused multiply-adds only where fma is called. So they give
// the same bits on every CPU, and vector code that keeps the order gives them, too. Package math does not: it uses
// assembly and fused multiply-adds on some CPUs. What vector code computes without a branch is an if here.
//
// A result is within 1.1 units in the last place of the exact value, or within 2 of Erfc, Softplus, Swish, Selu, Atanh,
// Asinh and Acosh, subnormal results included. Rsqrt, Xlogy and Xlog1py round two steps, Elu is as accurate as
// TensorFlow's, and Pow is not as accurate. NaN gives NaN.
//
// Intermediate results whose rounding would matter are the sums of two numbers, the second of which is much smaller.
package transcendental

import (
	"math"
	"slices"
)

const (
	// Arguments of the exponential are clamped to these. e**mostExponent is infinite and e**leastExponent 0, even divided
	// or multiplied by a thousand.
	mostExponent, leastExponent = 712, -1400
	// ln2Hi and ln2Lo add up to ln2. The product of ln2Hi and an exponent is exact.
	ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	// Adding toWhole to a float64 rounds it to an integer, which the lowest bits of the sum then are. With toScales they
	// are that integer plus the biases of two exponents.
	toWhole, toScales = 3 << 51, 3<<51 + 2*1023
	// halfPi, halfPiRest and halfPiLast add up to pi/2.
	halfPi, halfPiRest, halfPiLast = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33
	selu, seluNegative             = 1.0507009873554804934193349852946, 1.7580993408473768599402175208123
	mostErfc                       = 27.3    // beyond this, erfc is 0
	mostTangent                    = 1 << 60 // beyond this, the arc tangent is pi/2
	centre                         = 0.375   // see erfcTail
	exponentBits                   = 52      // the number of bits below the exponent of a float64
	leastNormal                    = 0x1p-1022
	toNormal, normalBits           = 0x1p54, 54
	sqrtHalfBits                   = 0x3fe6a09e667f3bcd // the bits of sqrt(1/2)
	toExponent                     = 1024<<exponentBits - sqrtHalfBits
	fractionMask                   = 1<<exponentBits - 1
	wholeBits, wholeValue          = 0x433 << exponentBits, 1<<exponentBits + 1024
	inverseBits                    = 2 * 1023 << exponentBits // less the bits of a power of two: those of its inverse
	// The difference between reciprocalBits and the bits of a positive float64 is a float64 within 5.1 percent of its
	// reciprocal, up to mostReciprocal.
	reciprocalBits, mostReciprocal = 0x7fde623822fc16e6, 0x1p100
)

// MostAngle is the largest magnitude for which the vector routines compute a sine, a cosine or a tangent.
const MostAngle = 1 << 28

// Constants returns the constants and coefficients above in the order in which the vector routines read them.
func Constants() []float64 {
	bits := math.Float64frombits
	numbers := []float64{
		mostExponent, leastExponent, math.Log2E, toScales, ln2Hi, ln2Lo, bits(inverseBits),
		0, 0.25, 0.5, 1, 2, math.Copysign(0, -1), bits(1<<63 - 1), math.Inf(1), math.Inf(-1), math.NaN(),
		leastNormal, toNormal, normalBits, bits(toExponent), bits(wholeBits), wholeValue, bits(fractionMask),
		bits(sqrtHalfBits), bits(reciprocalBits), mostReciprocal, mostErfc, centre, selu, seluNegative,
		2 / math.Pi, toWhole, halfPi, halfPiRest, halfPiLast, bits(1), mostTangent, math.Pi, 2 * halfPiRest, math.Ln2,
	}
	return slices.Concat(numbers, expTail[:], logTail[:], erfTail[:], erfcTail[:], sinTail[:], cosTail[:],
		atanTail[:], asinTail[:], sinhTail[:])
}

// fma returns x*y + z, rounded once.
func fma(x, y, z float64) float64 { return math.FMA(x, y, z) }

// horner evaluates a polynomial by Horner's rule. c[i] is the coefficient of x**i.
func horner(c []float64, x float64) float64 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = fma(p, x, c[i])
	}
	return p
}

// quotient returns (a+aLo)/(b+bLo), rounded almost once.
func quotient(a, aLo, b, bLo float64) float64 {
	r := 1 / b
	q := float64(a * r)
	e := fma(-q, bLo, fma(-q, b, a)+aLo)
	return fma(e, r, q)
}

// Softsign is x / (1 + |x|).
func Softsign(x float64) float64 { return x / (math.Abs(x) + 1) }

// Rsqrt is 1 / sqrt(x), with both steps rounded.
func Rsqrt(x float64) float64 { return 1 / math.Sqrt(x) }

// LeakyRelu is x, or x times alpha if x is negative.
func LeakyRelu(x float64, alpha float32) float64 {
	if x < 0 {
		return x * float64(alpha)
	}
	return x
}
