package transcendental

import "math"

// turned is x minus the nearest multiple of pi/2, r + rest. The lowest bits of q are the number of that multiple.
func turned(x float64) (r, rest float64, q uint64) {
	whole := fma(x, 2/math.Pi, toWhole)
	k := whole - toWhole
	h := fma(-k, halfPi, x) // exact
	r = fma(-k, halfPiRest, h)
	return r, fma(-k, halfPiLast, fma(-k, halfPiRest, h-r)), math.Float64bits(whole)
}

// sine returns sin(r + rest) as the sum of two numbers.
func sine(r, rest float64) (h, l float64) {
	z := float64(r * r)
	return r, fma(float64(r*z), horner(sinTail[:], z), rest)
}

// cosine returns cos(r + rest) as the sum of two numbers.
func cosine(r, rest float64) (h, l float64) {
	z := float64(r * r)
	half := float64(z * 0.5)
	h = 1 - half
	return h, fma(float64(z*z), horner(cosTail[:], z), fma(-r, rest, (1-h)-half))
}

// quarter returns the sine of x + more*pi/2.
func quarter(x float64, more uint64) float64 {
	r, rest, q := turned(x)
	h, l := sine(r, rest)
	q += more
	if q&1 != 0 {
		h, l = cosine(r, rest)
	}
	return math.Float64frombits(math.Float64bits(h+l) ^ q<<62&(1<<63))
}

// Sin is sin(x). Beyond MostAngle it is package math's.
func Sin(x float64) float64 {
	switch {
	case !(math.Abs(x) <= MostAngle):
		return math.Sin(x)
	case x == 0:
		return x
	}
	return quarter(x, 0)
}

// Cos is cos(x). Beyond MostAngle it is package math's.
func Cos(x float64) float64 {
	if !(math.Abs(x) <= MostAngle) {
		return math.Cos(x)
	}
	return quarter(x, 1)
}

// Tan is tan(x). Beyond MostAngle it is package math's.
func Tan(x float64) float64 {
	switch {
	case !(math.Abs(x) <= MostAngle):
		return math.Tan(x)
	case x == 0:
		return x
	}
	r, rest, q := turned(x)
	s, sLo := normalized(sine(r, rest))
	c, cLo := normalized(cosine(r, rest))
	if q&1 != 0 {
		s, sLo, c, cLo = c, cLo, s, sLo
	}
	return math.Float64frombits(math.Float64bits(quotient(s, sLo, c, cLo)) ^ q<<63)
}

// normalized returns h + l, rounded, and the rest.
func normalized(h, l float64) (sum, rest float64) {
	sum = h + l
	return sum, l - (sum - h)
}

// from returns base - (w + wLo + w*e), where |w| is at most base, or base is 0.
func from(base, baseLo, w, wLo, e float64) float64 {
	h := base - w
	return h + fma(-w, e, ((base-h)-w)+(baseLo-wLo))
}

// atanOf returns the e of atan(v) = v + v*e, |v| <= 1.
func atanOf(v float64) float64 {
	z := float64(v * v)
	return float64(z * horner(atanTail[:], z))
}

// Atan is the arc tangent, with the sign of x. For a = |x| > 1 it is pi/2 - atan(1/a).
func Atan(x float64) float64 {
	a := math.Abs(x)
	if mostTangent < a {
		a = mostTangent
	}
	if !(1 < a) {
		return math.Copysign(from(0, 0, -a, 0, atanOf(a)), x)
	}
	v := 1 / a
	return math.Copysign(from(halfPi, halfPiRest, v, slope(v, float64(v*fma(-v, a, 1))), atanOf(v)), x)
}

// slope returns about by how much atan(v + rest) is larger than atan(v), for v between 0 and 1 and a small rest.
func slope(v, rest float64) float64 { return float64(fma(float64(v*v), -0.5, 1) * rest) }

// Atan2 is the angle of the point (x, y), in [-pi, pi].
func Atan2(y, x float64) float64 {
	if y != y || x != x {
		return math.NaN()
	}
	a, b := math.Abs(y), math.Abs(x)
	less, more := min(a, b), max(a, b)
	v := less / more
	rest := fma(-v, more, less) / more
	if less == more { // also for two infinities or zeros, whose quotient is NaN
		v = 1
	}
	if less == 0 {
		v = 0
	}
	if !(rest < 1) { // NaN
		rest = 0
	}
	e := atanOf(v)
	rest = slope(v, rest)
	base, baseLo := 0.0, 0.0
	switch {
	case b < a:
		base, baseLo = halfPi, halfPiRest
	case math.Signbit(x):
		base, baseLo = math.Pi, 2*halfPiRest
	}
	if (b < a) == math.Signbit(x) {
		v, rest = -v, -rest
	}
	return math.Copysign(from(base, baseLo, v, rest, e), y)
}

// sineOf returns v, its rest and the e of v + rest + v*e, the arc sine of a for 0 <= a <= 1/2. For larger a it is that
// of sqrt((1-a)/2), which is half the arc cosine of a.
func sineOf(a float64) (v, rest, e float64) {
	v, z := a, float64(a*a)
	if 0.5 < a {
		z = float64((1 - a) * 0.5)
		v = math.Sqrt(z)
		if rest = fma(-v, v, z) / (v + v); !(rest < 1) { // NaN
			rest = 0
		}
	}
	return v, rest, float64(z * horner(asinTail[:], z))
}

// Asin is asin(x), with the sign of x.
func Asin(x float64) float64 {
	a := math.Abs(x)
	v, rest, e := sineOf(a)
	if 0.5 < a {
		return math.Copysign(from(halfPi, halfPiRest, v+v, rest+rest, e), x)
	}
	return math.Copysign(from(0, 0, -v, 0, e), x)
}

// Acos is acos(x).
func Acos(x float64) float64 {
	v, rest, e := sineOf(math.Abs(x))
	switch {
	case !(0.5 < math.Abs(x)):
		return from(halfPi, halfPiRest, math.Copysign(v, x), 0, e)
	case x < 0:
		return from(math.Pi, 2*halfPiRest, v+v, rest+rest, e)
	}
	return from(0, 0, -(v + v), -(rest + rest), e)
}
