package transcendental

import "math"

// power is e**x = (1 + r + u) * scale * again, |r| <= ln2/2. scale and again are powers of two; u is small.
type power struct{ r, u, scale, again float64 }

// reduced returns e**(x - less) for x between leastExponent and mostExponent, and a less that is much smaller than 1.
func reduced(x, less float64) power {
	biased := fma(x, math.Log2E, toScales)
	k := biased - toScales
	h := fma(-k, ln2Hi, x)
	less = fma(k, ln2Lo, less)
	r := h - less
	rest := (h - r) - less
	b := math.Float64bits(biased)
	half := b >> 1
	return power{
		r: r, u: fma(float64(r*r), horner(expTail[:], r), rest),
		scale: math.Float64frombits(half << exponentBits), again: math.Float64frombits((b - half) << exponentBits),
	}
}

// clamped limits an argument of the exponential.
func clamped(x float64) float64 {
	if mostExponent < x {
		x = mostExponent
	}
	if leastExponent > x {
		x = leastExponent
	}
	return x
}

// sum returns 1 + r + u as the sum of two numbers.
func (p power) sum() (h, l float64) {
	one := p.r + 1
	l = p.u + (p.r - (one - 1))
	h = one + l
	return h, l - (h - one)
}

// scaled returns v times the scale.
func (p power) scaled(v float64) float64 { return float64(float64(v*p.scale) * p.again) }

// Exp is e**x.
func Exp(x float64) float64 {
	p := reduced(clamped(x), 0)
	h, _ := p.sum()
	return p.scaled(h)
}

// less1 returns e**x - 1 as (h+l)*again.
func less1(x float64) (h, l, again float64) {
	p := reduced(clamped(x), 0)
	one := math.Float64frombits(inverseBits - math.Float64bits(p.again))
	a := p.scale - one
	b := float64(p.scale * p.r)
	s := a + b
	l = fma(p.scale, p.u, (b-(s-a))+(p.scale-(a+one)))
	h = s + l
	return h, l - (h - s), p.again
}

func expm1(x float64) float64 {
	h, _, again := less1(x)
	return float64(h * again)
}

// Expm1 is e**x - 1.
func Expm1(x float64) float64 { return math.Copysign(expm1(x), x) }

// Tanh is the hyperbolic tangent: -f/(2+f) with f = e**(-2|x|) - 1, and the sign of x.
func Tanh(x float64) float64 {
	h, l, again := less1(-2 * math.Abs(x))
	f, rest := float64(h*again), float64(l*again)
	d := f + 2
	return math.Copysign(quotient(-f, -rest, d, rest+(f-(d-2))), x)
}

// logistic is factor/(1 + e**-x): e/(1+e) with e = e**-|x| if x is negative, else 1/(1+e).
func logistic(x, factor float64) float64 {
	p := reduced(clamped(-math.Abs(x)), 0)
	h, l := p.sum()
	e, rest := p.scaled(h), p.scaled(l)
	d := e + 1
	rest += e - (d - 1)
	if !(x < 0) {
		h, l, p.scale, p.again = 1, 0, 1, 1
	}
	return p.scaled(float64(quotient(h, l, d, rest) * factor))
}

// Sigmoid is 1/(1 + e**-x).
func Sigmoid(x float64) float64 { return logistic(x, 1) }

// Swish is x times the sigmoid of x.
func Swish(x float64) float64 {
	factor := x
	if leastExponent > x {
		factor = leastExponent
	}
	return logistic(x, factor)
}

// Softplus is log(1 + e**x), as max(x, 0) + log(1 + e**-|x|).
func Softplus(x float64) float64 {
	m := x
	if m < 0 {
		m = 0
	}
	return m + log1p(Exp(-math.Abs(x)))
}

// Elu is e**x - 1 for x < 0, else x. As in TensorFlow, e**x is rounded before 1 is subtracted.
func Elu(x float64) float64 {
	if x < 0 {
		return Exp(x) - 1
	}
	return x
}

// Selu is the scaled exponential linear unit: 1.7581 (e**x - 1) for x < 0, else 1.0507 x.
func Selu(x float64) float64 {
	if x < 0 {
		return expm1(x) * seluNegative
	}
	return x * selu
}

// Mish is x * tanh(softplus(x)).
func Mish(x float64) float64 { return x * Tanh(Softplus(x)) }

// Sinh is the hyperbolic sine, with the sign of x: a polynomial for |x| < 1, else y - 1/(4y) with y = e**|x|/2.
func Sinh(x float64) float64 {
	a := math.Abs(x)
	z := float64(a * a)
	if a < 1 {
		return math.Copysign(fma(a, float64(z*horner(sinhTail[:], z)), a), x)
	}
	y, rest := halfPower(a)
	return math.Copysign(y+(rest-0.25/y), x)
}

// Cosh is the hyperbolic cosine: y + 1/(4y) with y = e**|x|/2.
func Cosh(x float64) float64 {
	y, rest := halfPower(math.Abs(x))
	return y + (rest + 0.25/y)
}

// halfPower returns e**x/2 as the sum of two numbers.
func halfPower(x float64) (y, rest float64) {
	p := reduced(clamped(x), 0)
	h, l := p.sum()
	return p.scaled(float64(h * 0.5)), p.scaled(float64(l * 0.5))
}
