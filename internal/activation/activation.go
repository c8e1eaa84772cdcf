// Package activation has the functions of one float32 that networks need in bulk: the
// exponential function and what is made of it.
//
// Each is written in float64 arithmetic of one order, without fused multiply-adds, and
// rounded once; Elu twice. So a vector of float64 computes the same bits, and the result is
// the same on every CPU. It is within 0.51 units in the last place of the exact one (Erf and
// the exact Gelu of the far tail included; not Elu). A NaN gives a NaN.
//
// The polynomials interpolate at Chebyshev's points.
package activation

import (
	"math"
	"slices"
)

// expTail is (e**r - 1)/r for |r| <= ln2/2, within 2**-37.5 relative.
var expTail = [...]float64{
	0.9999999999955055, 0.4999999999995507, 0.1666666678638044, 0.041666666786337556,
	0.008333283518768105, 0.001388883909064138, 0.00019907582591325134, 2.4867883453521802e-05,
}

// logTail is log((1+s)/(1-s))/s of s*s, for s <= 1/3, within 2**-38.5 relative.
var logTail = [...]float64{
	2.000000000004866, 0.6666666623792175, 0.4000006142120794, 0.2856814575820109,
	0.22305127385582954, 0.1712253666729019, 0.2186056831430696,
}

// erfSmall is erf(x)/x of x*x, for |x| <= 1, within 2**-34.7 relative.
var erfSmall = [...]float64{
	1.1283791670615435, -0.3761263846802871, 0.11283782495236845, -0.026865430727670243,
	0.005221031807858023, -0.0008484080405535107, 0.00011265959025606609, -9.667044571486996e-06,
}

// normalTail is the probability that a normal variable exceeds t, times e**(t*t/2)/v, of
// v = 1/(1 + normalScale*t), for t <= 15, within 2**-31.8 relative.
var normalTail = [...]float64{
	0.11843615544883712, 0.11843438532791115, 0.1079712185989385, 0.08772333085799987,
	0.0533652221163723, 0.05387719331881554, -0.0817906939990565, 0.16654463354654658,
	-0.2645782460950865, 0.20769277984624204, -0.08017037991803667, 0.012494401026684854,
}

const (
	mostExponent  = 710  // e to it counts as infinite
	leastExponent = -708 // e to it counts as what is below every float32
	ln2Hi         = 6.93147180369123816490e-01
	ln2Lo         = 1.90821492927058770002e-10
	// toInteger, added to a float64, rounds it to an integer, which stands, with the bias of
	// an exponent, in its lowest bits.
	toInteger    = 3<<51 + 1023
	gelu1, gelu3 = 1.5957691216057307, 0.044715 // sqrt(8/pi)
	normalScale  = 19.0 / 64
)

// Constants returns the numbers above in the order in which vector routines read them.
func Constants() []float64 {
	numbers := []float64{
		mostExponent, leastExponent, math.Log2E, toInteger, ln2Hi, ln2Lo,
		1, 2, 0.5, math.Copysign(0, -1), math.Float64frombits(1<<63 - 1), gelu1, gelu3, normalScale, math.Sqrt2,
	}
	return slices.Concat(numbers, expTail[:], logTail[:], erfSmall[:], normalTail[:])
}

// horner evaluates a polynomial.
func horner(c []float64, x float64) float64 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = float64(p*x) + c[i]
	}
	return p
}

// power returns e**x as (1+tail)*scale, |tail| < 1/2.
func power(x float64) (tail, scale float64) {
	if x > mostExponent {
		x = mostExponent
	}
	if x < leastExponent {
		x = leastExponent
	}
	biased := float64(x*math.Log2E) + toInteger
	k := biased - toInteger
	r := (x - float64(k*ln2Hi)) - float64(k*ln2Lo)
	p := float64(r*expTail[7]) + expTail[6]
	p = float64(p*r) + expTail[5]
	p = float64(p*r) + expTail[4]
	p = float64(p*r) + expTail[3]
	p = float64(p*r) + expTail[2]
	p = float64(p*r) + expTail[1]
	p = float64(p*r) + expTail[0]
	return float64(p * r), math.Float64frombits(math.Float64bits(biased) << 52)
}

func exp(x float64) float64 {
	tail, scale := power(x)
	return float64((tail + 1) * scale)
}

// expm1 is e**x - 1 for x <= 0.
func expm1(x float64) float64 {
	tail, scale := power(x)
	return float64(tail*scale) + (scale - 1)
}

// exceeds is the probability that a normal variable exceeds t >= 0.
func exceeds(t float64) float64 {
	v := 1 / (float64(t*normalScale) + 1)
	p := horner(normalTail[:], v)
	return float64(float64(p*v) * exp(-float64(float64(t*t)*0.5)))
}

// Exp returns e**x.
func Exp(x float32) float32 { return float32(exp(float64(x))) }

// Sigmoid returns 1/(1+e**-x).
func Sigmoid(x float32) float32 { return float32(1 / (exp(-float64(x)) + 1)) }

// Swish returns x/(1+e**-x).
func Swish(x float32) float32 { return float32(float64(x) / (exp(-float64(x)) + 1)) }

// Tanh returns the hyperbolic tangent: -e/(2+e) of e = e**(-2|x|) - 1, with the sign of x.
func Tanh(x float32) float32 {
	e := expm1(-2 * math.Abs(float64(x)))
	return float32(math.Copysign((0-e)/(e+2), float64(x)))
}

// Elu returns e**x - 1 for x < 0, else x. The power is rounded before 1 is subtracted, as
// TensorFlow has it: of x above -2**-25 the result is 0.
func Elu(x float32) float32 {
	if x < 0 {
		return Exp(x) - 1
	}
	return x
}

// Softplus returns log(1+e**x): max(x, 0) + log(1+e) of e = e**-|x|, as the series of
// log((1+s)/(1-s)) of s = e/(2+e).
func Softplus(x float32) float32 {
	e := exp(-math.Abs(float64(x)))
	s := e / (e + 2)
	m := float64(x)
	if m < 0 {
		m = 0
	}
	return float32(float64(horner(logTail[:], float64(s*s))*s) + m)
}

// Gelu returns x times the probability that a normal variable is below x.
func Gelu(x float32) float32 {
	v := float64(x)
	p := exceeds(math.Abs(v))
	if !(v < 0) {
		p = 1 - p
	}
	return float32(v * p)
}

// GeluApproximate returns x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))), which is
// x/(1+e**-y) of y = sqrt(8/pi) * (x + 0.044715 x^3).
func GeluApproximate(x float32) float32 {
	v := float64(x)
	cube := float64(float64(v*v) * v)
	return float32(v / (exp(-float64((float64(cube*gelu3)+v)*gelu1)) + 1))
}

// Erf returns the error function.
func Erf(x float32) float32 {
	v := float64(x)
	if a := math.Abs(v); !(a < 1) {
		return float32(math.Copysign(1-2*exceeds(a*math.Sqrt2), v))
	}
	return float32(horner(erfSmall[:], float64(v*v)) * v)
}

// Rsqrt returns 1/sqrt(x).
func Rsqrt(x float32) float32 { return float32(1 / math.Sqrt(float64(x))) }
