// Package activation has the elementwise float32 functions that networks compute in bulk: exponentials,
// logarithms, trigonometric functions, and activations such as Sigmoid and Gelu.
//
// Each function is float64 arithmetic in a fixed order, with fused multiply-adds only where fma is called,
// and rounds to float32 once, at the end; Elu rounds twice. Vector code that keeps the order therefore gives
// the same bits, and results are equal on every CPU. A result is within 0.51 units in the last place of the
// exact value, even Erf in its far tail; Erfc's is within 0.56, and Elu is not as accurate. NaN gives NaN. Those
// that TensorFlow fuses with products (fused.go, gelu.go) are computed in float32 and round each step.
//
// The polynomials interpolate at Chebyshev nodes.
package activation

import (
	"math"
	"slices"
)

// expTail is (e**r - 1)/r, a polynomial in r for |r| <= ln2/2, with a relative error of at most 2**-31.8.
var expTail = [...]float64{
	1.0, 0.5000000047117786, 0.1666666671899754, 0.041666352896649515,
	0.008333298483740934, 0.0013941108444434013, 0.00019899273970266023,
}

// logTail is log((1+s)/(1-s))/s, a polynomial in s*s for s <= 1/3, with a relative error of at most 2**-38.5.
var logTail = [...]float64{
	2.000000000004866, 0.6666666623792175, 0.4000006142120794, 0.2856814575820109,
	0.22305127385582954, 0.1712253666729019, 0.2186056831430696,
}

// erfTop and erfBottom are polynomials in x*x. Their quotient is erf(x)/x for |x| <= erfMost, with a relative
// error of at most 2**-32.3. Beyond erfMost, erf is 1 in float32.
var (
	erfTop = [...]float64{
		1.1283791668955498, 0.39982450466913355, 0.08853580784401169, 0.014171685271000125,
		0.0010847776784204707, 8.121782649017956e-05, 1.0258943031509628e-06, -3.2299824808968374e-09,
	}
	erfBottom = [...]float64{
		1.0, 0.6876685654424756, 0.20768575259065608, 0.03683031017845164,
		0.004213459360192867, 0.0003117508417267799, 1.3369058806479799e-05,
	}
)

// asinTail is asin(s)/s, a polynomial in s*s for |s| <= 1/2, with a relative error of at most 2**-35.8.
var asinTail = [...]float64{
	0.9999999999863537, 0.16666667364186447, 0.07499941908754719, 0.04466113930866896,
	0.03010250689966149, 0.024650862660604088, 0.0074010072390753795, 0.0347484248080839,
}

// erfcTail is erfc(a)*e**(a*a)/v, a polynomial in v = 1/(1 + erfcScale*a) for 0 <= a <= erfcMost, with a relative
// error of at most 2**-28.4. Beyond erfcMost, erfc is 0 in float32.
var erfcTail = [...]float64{
	0.23697249663462322, 0.23662910648388832, 0.219746869465413, 0.15076429501627603, 0.2115381119030696,
	-0.1930458490203836, 0.43176481184864396, -0.4824269265698313, 0.2288363429729221, -0.04077925776679469,
}

// sinTail is sin(r)/r and cosTail is cos(r), both polynomials in r*r for |r| <= pi/4, with relative errors of
// at most 2**-37.6 and 2**-33.8.
var (
	sinTail = [...]float64{
		0.999999999995673, -0.16666666631590885, 0.00833332878243166, -0.000198392022039956, 2.7173456078290523e-06,
	}
	cosTail = [...]float64{
		0.9999999999524889, -0.49999999614854534, 0.04166661669223409, -0.0013886617990608978, 2.4379830414058492e-05,
	}
)

// atanTail is atan(v)/v, a polynomial in v*v for |v| <= 1, with a relative error of at most 2**-33.7.
var atanTail = [...]float64{
	0.9999999999293037, -0.3333333129088999, 0.19999901102171555, -0.14283813255743194, 0.11091922963683302,
	-0.08974171958363882, 0.07228278345377252, -0.05395668057137172, 0.033826218952786875, -0.015828322749149415,
	0.00473248419342192, -0.0006633954571104787,
}

const (
	mostExponent  = 710  // larger arguments of exp are clamped to this: e**710 is infinite
	leastExponent = -708 // smaller arguments of exp are clamped to this: e**-708 is 0 in float32
	mostFinite    = 700  // e**700 is finite in float64, and larger than every float32
	// Adding toInteger to a float64 rounds it to an integer; the lowest bits of the sum are then that
	// integer plus the bias of a float64's exponent. toWhole is the same without the bias.
	toInteger = 3<<51 + 1023
	toWhole   = 3 << 51
	// halfPi and halfPiRest add up to pi/2.
	halfPi, halfPiRest    = 1.5707963267948966, 6.123233995736766e-17
	selu, seluNegative    = 1.0507009873554804934193349852946, 1.7580993408473768599402175208123
	erfMost               = 3.93
	erfcMost, erfcScale   = 10.5, 0.42
	mostAngle             = 1 << 28            // see MostAngle
	exponentBits          = 52                 // the number of bits below the exponent of a float64
	sqrtHalfBits          = 0x3fe6a09e667f3bcd // the bits of sqrt(1/2)
	toExponent            = 1024<<exponentBits - sqrtHalfBits
	fractionMask          = 1<<exponentBits - 1
	wholeBits, wholeValue = 0x433 << exponentBits, 1<<exponentBits + 1024
	// The difference between reciprocalBits and the bits of a positive float64 is a float64 within 5.1 percent of its
	// reciprocal.
	reciprocalBits = 0x7fde623822fc16e6
)

// Constants returns the constants and coefficients above in the order in which the vector routines read them.
func Constants() []float64 {
	bits := math.Float64frombits
	numbers := []float64{
		mostExponent, leastExponent, mostFinite, math.Log2E, toInteger, math.Ln2,
		1, 2, erfcMost, 0.5, math.Copysign(0, -1), bits(1<<63 - 1), erfcScale, bits(reciprocalBits),
		selu, seluNegative, 2 / math.Pi, toWhole, halfPi, halfPiRest, bits(1),
		bits(toExponent), bits(wholeBits), wholeValue, bits(fractionMask), bits(sqrtHalfBits),
		0, math.Inf(1), math.Inf(-1), math.NaN(), 3, erfMost, math.Pi,
	}
	return slices.Concat(numbers, expTail[:], logTail[:], erfTop[:], erfBottom[:], erfcTail[:], sinTail[:], cosTail[:],
		atanTail[:], asinTail[:])
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

// power returns e**x as (1+tail)*scale, |tail| < 1/2.
func power(x float64) (tail, scale float64) {
	if x > mostExponent {
		x = mostExponent
	}
	if x < leastExponent {
		x = leastExponent
	}
	p, r, scale := reduced(x)
	return float64(p * r), scale
}

// reduced returns e**x as (1+p*r)*scale, for x between leastExponent and mostExponent.
func reduced(x float64) (p, r, scale float64) {
	biased := fma(x, math.Log2E, toInteger)
	k := biased - toInteger
	r = fma(-k, math.Ln2, x)
	return horner(expTail[:], r), r, math.Float64frombits(math.Float64bits(biased) << exponentBits)
}

func exp(x float64) float64 {
	tail, scale := power(x)
	return float64((tail + 1) * scale)
}

// expm1 is e**x - 1, for x <= mostFinite.
func expm1(x float64) float64 {
	tail, scale := power(x)
	return fma(tail, scale, scale-1)
}

// parts returns k and m of x = 2**k * m, m in [sqrt(1/2), sqrt(2)), for finite x > 0.
func parts(x float64) (k, m float64) {
	t := math.Float64bits(x) + toExponent
	k = math.Float64frombits(t>>exponentBits|wholeBits) - wholeValue
	return k, math.Float64frombits(t&fractionMask + sqrtHalfBits)
}

// log is k*ln2 + log(1+f).
func log(k, f float64) float64 {
	s := f / (f + 2)
	return fma(k, math.Ln2, float64(horner(logTail[:], float64(s*s))*s))
}

// special returns log, the logarithm computed for x, unless x is a special case: negative, 0, +Inf or NaN.
func special(x, log float64) float64 {
	switch {
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x < math.Inf(1):
		return log
	}
	return x
}

// Exp returns e**x.
func Exp(x float32) float32 { return float32(exp(float64(x))) }

// Expm1 returns e**x - 1.
func Expm1(x float32) float32 {
	v := float64(x)
	if v > mostFinite {
		v = mostFinite
	}
	return float32(math.Copysign(expm1(v), v))
}

// Log returns the natural logarithm.
func Log(x float32) float32 {
	v := float64(x)
	k, m := parts(v)
	return float32(special(v, log(k, m-1)))
}

// Log1p returns log(1+x), which has the sign of x.
func Log1p(x float32) float32 {
	v := float64(x)
	return float32(math.Copysign(log1p(v), v))
}

func log1p(v float64) float64 {
	u := v + 1
	k, m := parts(u)
	f := m - 1
	if k == 0 { // u is 1+v rounded
		f = v
	}
	return special(u, log(k, f))
}

// Atanh returns the inverse hyperbolic tangent: log(1+2a/(1-a))/2 with a = |x|, and the sign of x.
func Atanh(x float32) float32 {
	a := math.Abs(float64(x))
	return float32(math.Copysign(log1p((a+a)/(1-a))*0.5, float64(x)))
}

// Sinh returns the hyperbolic sine: (f + f/(f+1))/2 with f = e**|x| - 1, and the sign of x.
func Sinh(x float32) float32 {
	a := math.Abs(float64(x))
	if a > mostFinite {
		a = mostFinite
	}
	e := expm1(a)
	return float32(math.Copysign((e/(e+1)+e)*0.5, float64(x)))
}

// Cosh returns the hyperbolic cosine: (f + 1/f)/2 with f = e**|x|.
func Cosh(x float32) float32 {
	e := exp(math.Abs(float64(x)))
	return float32((1/e + e) * 0.5)
}

// atan is the arc tangent. For |x| > 1 it is pi/2 minus the arc tangent of 1/|x|, with the sign of x.
func atan(x float64) float64 {
	a := math.Abs(x)
	v := a
	if 1 < a {
		v = 1 / a
	}
	p := float64(horner(atanTail[:], float64(v*v)) * v)
	if 1 < a {
		p = halfPi - p
	}
	return math.Copysign(p, x)
}

// Atan returns the arc tangent.
func Atan(x float32) float32 { return float32(atan(float64(x))) }

// asin is the arc sine of a for 0 <= a <= 1/2. For larger a it is the arc sine of sqrt((1-a)/2), which is
// half the arc cosine of a.
func asin(a float64) float64 {
	s, z := a, float64(a*a)
	if 0.5 < a {
		z = float64((1 - a) * 0.5)
		s = math.Sqrt(z)
	}
	return float64(horner(asinTail[:], z) * s)
}

// Asin returns the arc sine.
func Asin(x float32) float32 {
	a := math.Abs(float64(x))
	p := asin(a)
	if 0.5 < a {
		p = halfPi - (p + p)
	}
	return float32(math.Copysign(p, float64(x)))
}

// Acos returns the arc cosine.
func Acos(x float32) float32 {
	v := float64(x)
	p := asin(math.Abs(v))
	switch {
	case !(0.5 < math.Abs(v)):
		return float32(halfPi - math.Copysign(p, v))
	case v < 0:
		return float32(math.Pi - (p + p))
	}
	return float32(p + p)
}

// Asinh returns the inverse hyperbolic sine: log(1 + a + a*a/(1+sqrt(1+a*a))) with a = |x|, and the sign of x.
func Asinh(x float32) float32 {
	a := math.Abs(float64(x))
	aa := float64(a * a)
	t := aa / (math.Sqrt(aa+1) + 1)
	if !(t < a) { // a*a is infinite
		t = a
	}
	return float32(math.Copysign(log1p(t+a), float64(x)))
}

// Acosh returns the inverse hyperbolic cosine: log(1 + t + sqrt(2*t+t*t)) with t = x-1.
func Acosh(x float32) float32 {
	t := float64(x) - 1
	if t < 0 {
		return float32(math.NaN())
	}
	return float32(log1p(math.Sqrt(float64(t*t)+(t+t)) + t))
}

// Atan2 returns the angle of the point (x, y), in [-pi, pi].
func Atan2(y, x float32) float32 {
	v, w := float64(y), float64(x)
	if v != v || w != w {
		return float32(math.NaN())
	}
	a, b := math.Abs(v), math.Abs(w)
	less, more := min(a, b), max(a, b)
	q := less / more
	if less == more { // also for two infinities or zeros, whose quotient is NaN
		q = 1
	}
	if less == 0 {
		q = 0
	}
	p := float64(horner(atanTail[:], float64(q*q)) * q)
	if b < a {
		p = halfPi - p
	}
	if math.Signbit(w) {
		p = math.Pi - p
	}
	return float32(math.Copysign(p, v))
}

// Xlogy returns x times the natural logarithm of y, or 0 where x is 0.
func Xlogy(x, y float32) float32 {
	if x == 0 {
		return 0
	}
	w := float64(y)
	k, m := parts(w)
	return float32(float64(x) * special(w, log(k, m-1)))
}

// Xlog1py returns x*log(1+y), or 0 where x is 0.
func Xlog1py(x, y float32) float32 {
	if x == 0 {
		return 0
	}
	w := float64(y)
	return float32(float64(x) * math.Copysign(log1p(w), w))
}

// Erfc returns 1 minus the error function.
func Erfc(x float32) float32 {
	v := float64(x)
	a := math.Abs(v)
	if a > erfcMost {
		a = erfcMost
	}
	q, r, scale := reduced(-float64(a * a))
	w := reciprocal(fma(a, erfcScale, 1))
	p := float64(float64(float64(horner(erfcTail[:], w)*w)*fma(q, r, 1)) * scale)
	if v < 0 {
		p = 2 - p
	}
	return float32(p)
}

// reciprocal returns 1/x, x > 0 not close to the ends of float64's range, with a relative error of at most 2**-38.
func reciprocal(x float64) float64 {
	y := math.Float64frombits(reciprocalBits - math.Float64bits(x))
	for range 2 {
		e := fma(-x, y, 1)
		y = fma(fma(e, e, e), y, y)
	}
	return y
}

// Pow returns x**y: x*x for y = 2, x*x*x for y = 3, and else e**(y*log|x|) with the sign and the special
// cases of IEEE 754's pow.
func Pow(x, y float32) float32 {
	v, w := float64(x), float64(y)
	switch w {
	case 2:
		return float32(v * v)
	case 3:
		return float32(float64(v*v) * v)
	}
	a := math.Abs(v)
	k, m := parts(a)
	l := special(a, log(k, m-1))
	e := float64(l * w)
	if l == 0 || w == 0 {
		e = 0
	}
	e = exp(e)
	whole := math.Trunc(w) == w
	if v < 0 && v > math.Inf(-1) && !whole {
		return float32(math.NaN())
	}
	if half := w * 0.5; whole && math.Trunc(half) != half {
		e = math.Copysign(e, v)
	}
	return float32(e)
}

// Cube returns x*x*x.
func Cube(x float32) float32 {
	v := float64(x)
	return float32(float64(v*v) * v)
}

// Sigmoid returns 1/(1+e**-x).
func Sigmoid(x float32) float32 { return float32(1 / (exp(-float64(x)) + 1)) }

// Tanh returns the hyperbolic tangent: -f/(2+f) with f = e**(-2|x|) - 1, and the sign of x.
func Tanh(x float32) float32 {
	e := expm1(-2 * math.Abs(float64(x)))
	return float32(math.Copysign((0-e)/(e+2), float64(x)))
}

// Elu returns e**x - 1 for x < 0, else x. As in TensorFlow, e**x is rounded before 1 is subtracted, so the
// result is 0 for negative x above -2**-25.
func Elu(x float32) float32 {
	if x < 0 {
		return Exp(x) - 1
	}
	return x
}

// Selu returns 1.7581 (e**x - 1) for x < 0, else 1.0507 x.
func Selu(x float32) float32 {
	v := float64(x)
	if v < 0 {
		return float32(expm1(v) * seluNegative)
	}
	return float32(v * selu)
}

// Softsign returns x/(1+|x|).
func Softsign(x float32) float32 {
	v := float64(x)
	return float32(v / (math.Abs(v) + 1))
}

// Softplus returns log(1+e**x), as max(x, 0) + log(1+f) with f = e**-|x|. The logarithm is computed as
// log((1+s)/(1-s)) with s = f/(2+f).
func Softplus(x float32) float32 {
	e := exp(-math.Abs(float64(x)))
	s := e / (e + 2)
	m := float64(x)
	if m < 0 {
		m = 0
	}
	return float32(fma(horner(logTail[:], float64(s*s)), s, m))
}

// Erf returns the error function.
func Erf(x float32) float32 {
	v := float64(x)
	a := math.Abs(v)
	if erfMost < a {
		a = erfMost
	}
	z := float64(a * a)
	return float32(math.Copysign(float64(horner(erfTop[:], z)*a)/horner(erfBottom[:], z), v))
}

// Rsqrt returns 1/sqrt(x), in float32 arithmetic: r = 1/sqrt(x), with the root and the quotient rounded, is
// corrected by r*(1-x*r*r)/2.
func Rsqrt(x float32) float32 {
	r := 1 / float32(math.Sqrt(float64(x)))
	p := float32(x * r)
	// e and f are exact before they are rounded to float32, so fused multiply-adds of float32 give the same.
	e := float32(float64(x)*float64(r) - float64(p))
	f := float32(1 - float64(p)*float64(r))
	c := float32((f - float32(e*r)) * 0.5)
	if c != c { // x is 0, infinite, negative or NaN
		return r
	}
	return r + float32(r*c)
}

// MostAngle is the largest magnitude for which the vector routines compute a sine or a cosine.
const MostAngle = float32(mostAngle)

// Tan returns the tangent. Beyond MostAngle it is package math's.
func Tan(x float32) float32 {
	v := float64(x)
	if !(math.Abs(v) <= mostAngle) {
		return float32(math.Tan(v))
	}
	sine, cosine, q := turned(v)
	if q&1 != 0 {
		sine, cosine = cosine, sine
	}
	return float32(math.Float64frombits(math.Float64bits(sine/cosine) ^ q<<63))
}

// turned returns the sine and the cosine of x minus the nearest multiple of pi/2. The lowest bits of q are
// the number of that multiple.
func turned(x float64) (sine, cosine float64, q uint64) {
	turned := fma(x, 2/math.Pi, toWhole)
	k := turned - toWhole
	r := fma(-k, halfPiRest, fma(-k, halfPi, x))
	rr := float64(r * r)
	return float64(horner(sinTail[:], rr) * r), horner(cosTail[:], rr), math.Float64bits(turned)
}

// quarter returns the sine of x + more*pi/2.
func quarter(x float64, more uint64) float64 {
	sine, cosine, q := turned(x)
	q += more
	if q&1 != 0 {
		sine = cosine
	}
	return math.Float64frombits(math.Float64bits(sine) ^ q<<62&(1<<63))
}

// Sin returns the sine. Beyond MostAngle it is package math's.
func Sin(x float32) float32 {
	v := float64(x)
	if !(math.Abs(v) <= mostAngle) {
		return float32(math.Sin(v))
	}
	return float32(quarter(v, 0))
}

// Cos returns the cosine. Beyond MostAngle it is package math's.
func Cos(x float32) float32 {
	v := float64(x)
	if !(math.Abs(v) <= mostAngle) {
		return float32(math.Cos(v))
	}
	return float32(quarter(v, 1))
}
