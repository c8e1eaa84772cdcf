package transcendental

import "math"

// BesselI0e is e**-|x| times I0(x).
func BesselI0e(x float64) float64 {
	a := math.Abs(x)
	if a <= 8 {
		return i0Near.at(a)
	}
	return i0Tail.at(1/a) / math.Sqrt(a)
}

// BesselI1e is e**-|x| times I1(x).
func BesselI1e(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a <= 8:
		return float64(x * i1Near.at(a))
	case a != a:
		return x
	}
	return math.Copysign(i1Tail.at(1/a)/math.Sqrt(a), x)
}

// grown is y times e**x, infinite only if the product is.
func grown(y, x float64) float64 {
	half := Exp(float64(x * 0.5))
	return float64(float64(half*y) * half)
}

// BesselI0 is the modified Bessel function of the first kind, of order 0. Like those below it is NaN for infinities.
func BesselI0(x float64) float64 {
	return grown(BesselI0e(x), math.Abs(x))
}

// BesselI1 is that of order 1.
func BesselI1(x float64) float64 {
	return grown(BesselI1e(x), math.Abs(x))
}

// k0 and k1 are K0 and K1 for 0 < x <= 2.
func k0(x float64) float64 {
	z := float64(x * x)
	return fma(-Log(float64(x*0.5)), i0Small.at(z), k0Near.at(z))
}

func k1(x float64) float64 {
	z := float64(x * x)
	return fma(Log(float64(x*0.5)), float64(x*i1Small.at(z)), k1Near.at(z)/x)
}

// outside returns what a function gives for x <= 0, its value at 0, or NaN.
func outside(x, atZero float64) float64 {
	if x <= 0 {
		return atZero
	}
	return x
}

// BesselK0e is e**x times K0(x), and infinite for negative numbers, as the other functions of the second kind.
func BesselK0e(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(1))
	case x <= 2:
		return float64(k0(x) * Exp(x))
	}
	return k0Tail.at(1/x) / math.Sqrt(x)
}

// BesselK1e is e**x times K1(x).
func BesselK1e(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(1))
	case x <= 2:
		return float64(k1(x) * Exp(x))
	}
	return k1Tail.at(1/x) / math.Sqrt(x)
}

// BesselK0 is the modified Bessel function of the second kind, of order 0.
func BesselK0(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(1))
	case x <= 2:
		return k0(x)
	}
	return float64(k0Tail.at(1/x) / math.Sqrt(x) * Exp(-x))
}

// BesselK1 is that of order 1.
func BesselK1(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(1))
	case x <= 2:
		return k1(x)
	}
	return float64(k1Tail.at(1/x) / math.Sqrt(x) * Exp(-x))
}

// wave is sqrt(2/(pi*x)) * (P*a - Q*b) for x > 8.
func wave(x, p, q, a, b float64) float64 {
	return float64(rootTwoByPi / math.Sqrt(x) * fma(p, a, -float64(q*b)))
}

// diagonal returns the cosine and the sine of x - pi/4.
func diagonal(x float64) (cos, sin float64) {
	s, c := Sin(x), Cos(x)
	return float64(math.Sqrt2 * 0.5 * (c + s)), float64(math.Sqrt2 * 0.5 * (s - c))
}

// hankel returns P and Q for x > 8.
func hankel(p, q pieces, x float64) (float64, float64) {
	t := 1 / x / x
	return p.at(t), q.at(t) / x
}

// BesselJ0 is the Bessel function of the first kind, of order 0. Like those below it is NaN for infinities.
func BesselJ0(x float64) float64 {
	a := math.Abs(x)
	if a <= 8 {
		return j0Near.at(a)
	}
	p, q := hankel(p0, q0, a)
	cos, sin := diagonal(a)
	return wave(a, p, q, cos, sin)
}

// BesselJ1 is that of order 1.
func BesselJ1(x float64) float64 {
	a := math.Abs(x)
	if a <= 8 {
		return float64(x * j1Near.at(a))
	}
	p, q := hankel(p1, q1, a)
	cos, sin := diagonal(a)
	y := wave(a, p, q, sin, -cos)
	if x < 0 {
		return -y
	}
	return y
}

// BesselY0 is the Bessel function of the second kind, of order 0.
func BesselY0(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(-1))
	case x <= 8:
		return fma(float64(twoByPi*Log(x)), j0Near.at(x), y0Near.at(x))
	}
	p, q := hankel(p0, q0, x)
	cos, sin := diagonal(x)
	return wave(x, p, q, sin, -cos)
}

// BesselY1 is that of order 1.
func BesselY1(x float64) float64 {
	switch {
	case !(x > 0):
		return outside(x, math.Inf(-1))
	case x <= 8:
		j := float64(x * j1Near.at(x))
		return fma(twoByPi, fma(Log(x), j, -1/x), float64(x*y1Near.at(x)))
	}
	p, q := hankel(p1, q1, x)
	cos, sin := diagonal(x)
	return wave(x, p, q, -cos, -sin)
}
