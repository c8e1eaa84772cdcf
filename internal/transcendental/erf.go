package transcendental

import "math"

// erfc is erfc(a) for 1 <= a: e**(-a*a) * P(v) * v with v = 1/(1 + a/2), where P is a polynomial.
func erfc(a float64) float64 {
	if mostErfc < a {
		a = mostErfc
	}
	z := float64(a * a)
	p := reduced(-z, fma(a, a, -z))
	e, eLo := p.sum()
	half := float64(a * 0.5)
	d := half + 1
	less, more := half, 1.0
	if half > 1 {
		less, more = 1, half
	}
	v := 1 / d
	vLo := float64(v * fma(-v, less-(d-more), fma(-v, d, 1)))
	q := horner(erfcTail[:], v-centre)
	w := float64(q * v)
	wLo := fma(fma(v, 0.5, q), vLo, -fma(-q, v, w)) // the derivative of q is about a half
	h := float64(e * w)
	return p.scaled(h + (fma(eLo, w, float64(e*wLo)) - fma(-e, w, h)))
}

// Erf is the error function: a polynomial for |x| < 1, else 1 - erfc|x|, with the sign of x.
func Erf(x float64) float64 {
	a := math.Abs(x)
	if a < 1 {
		return math.Copysign(fma(a, horner(erfTail[:], float64(a*a)), a), x)
	}
	return math.Copysign(1-erfc(a), x)
}

// Erfc is 1 - erf(x). For |x| < 1 it is the polynomial of Erf, whose first two terms are sums of two numbers.
func Erfc(x float64) float64 {
	a := math.Abs(x)
	if a < 1 {
		z := float64(a * a)
		q := float64(z * horner(erfTail[2:], z))
		t := q + erfTail[1]
		rest := fma(fma(a, a, -z), t, float64(z*(q-(t-erfTail[1]))))
		e := float64(z * t)
		h := 1 - x
		s := fma(-x, e, fma(-x, erfTail[0], (1-h)-x))
		return h + fma(-x, rest+fma(z, t, -e), s)
	}
	p := erfc(a)
	if x < 0 {
		p = 2 - p
	}
	return p
}
