// Package transcendental has the float64 functions in terms of which ops are defined.
//
// They consist of basic arithmetic in a fixed order, so they give the same bits on every CPU. Package math does
// not: it uses assembly and fused multiply-adds on some CPUs.
package transcendental

import "math"

// Expm1 is e**x - 1 for any x, within about 1e-15 relative.
func Expm1(x float64) float64 {
	if x > 0.5 {
		return Exp(x) - 1
	}
	return nearExpm1(x)
}

// Log1p is log(1 + x), accurate for small x, too.
func Log1p(x float64) float64 {
	u := 1 + x
	switch {
	case u == 1:
		return x
	case x > 1<<53: // from where 1 + x is x
		return Log(x)
	}
	return Log(u) * x / (u - 1)
}

// Softplus is log(1 + e**x).
func Softplus(x float64) float64 {
	return math.Max(x, 0) + Log1p(Exp(-math.Abs(x)))
}

// Softsign is x / (1 + |x|).
func Softsign(x float64) float64 { return x / (1 + math.Abs(x)) }

// Selu is the scaled exponential linear unit.
func Selu(x float64) float64 {
	const scale, alpha = 1.0507009873554804934193349852946, 1.7580993408473768599402175208123
	if x >= 0 {
		return scale * x
	}
	return alpha * Expm1(x)
}

// Swish is x times the sigmoid of x.
func Swish(x float64) float64 { return x / (1 + Exp(-x)) }

// Mish is x * tanh(softplus(x)).
func Mish(x float64) float64 { return x * Tanh(Softplus(x)) }

// Erfc is 1 - erf(x). From 2 on it is the continued fraction
// exp(-x^2)/sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + (3/2)/(x + ...)))), of which 80 terms are evaluated.
func Erfc(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < 2:
		return 1 - Erf(x)
	case x > 30:
		return 0
	}
	f := x
	for k := 80.0; k >= 1; k-- {
		f = x + k/2/f
	}
	return Exp(-float64(x*x)) / sqrtPi / f
}

// sinCos returns the sine and the cosine of x. The nearest multiple of pi/2, held in three parts, is subtracted
// from x, and the rest is the argument of Taylor polynomials. Beyond 2^28 the results are package math's.
func sinCos(x float64) (sin, cos float64) {
	switch {
	case x != x || math.IsInf(x, 0):
		return math.NaN(), math.NaN()
	case math.Abs(x) > 1<<28:
		return math.Sincos(x)
	}
	const p1, p2, p3 = 1.57079625129699707031e+00, 7.54978941586159635335e-08, 5.39030252995776476554e-15
	k := math.RoundToEven(x * (2 / math.Pi))
	r := ((x - float64(k*p1)) - float64(k*p2)) - float64(k*p3)
	s, c := sinPolynomial(r), cosPolynomial(r)
	switch int64(k) & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

// sinPolynomial is x - x^3/3! + ... +- x^17/17!.
func sinPolynomial(x float64) float64 {
	xx, term, sum := float64(x*x), x, x
	for n := 3.0; n <= 17; n += 2 {
		term = -term * xx / ((n - 1) * n)
		sum += term
	}
	return sum
}

// cosPolynomial is 1 - x^2/2! + ... +- x^18/18!.
func cosPolynomial(x float64) float64 {
	xx, term, sum := float64(x*x), 1.0, 1.0
	for n := 2.0; n <= 18; n += 2 {
		term = -term * xx / ((n - 1) * n)
		sum += term
	}
	return sum
}

// Sin is sin(x).
func Sin(x float64) float64 {
	if x == 0 {
		return x
	}
	s, _ := sinCos(x)
	return s
}

// Cos is cos(x).
func Cos(x float64) float64 {
	_, c := sinCos(x)
	return c
}

// Tan is tan(x).
func Tan(x float64) float64 {
	if x == 0 {
		return x
	}
	s, c := sinCos(x)
	return s / c
}

// Atan is the arc tangent: the angle is halved twice, and then computed by the series up to x^23.
func Atan(x float64) float64 {
	switch {
	case x < 0:
		return -Atan(-x)
	case x > 1:
		return math.Pi/2 - Atan(1/x)
	}
	for range 2 {
		x /= 1 + math.Sqrt(1+float64(x*x))
	}
	xx, power, sum := float64(x*x), x, x
	for n := 3.0; n <= 23; n += 2 {
		power = -power * xx
		sum += power / n
	}
	return 4 * sum
}

// Asin is asin(x).
func Asin(x float64) float64 { return Atan(x / math.Sqrt((1-x)*(1+x))) }

// Acos is acos(x).
func Acos(x float64) float64 { return 2 * Atan(math.Sqrt((1-x)/(1+x))) }

// Atan2 is the angle of the point (x, y), in (-pi, pi].
func Atan2(y, x float64) float64 {
	switch {
	case y != y || x != x:
		return math.NaN()
	case math.IsInf(y, 0) && math.IsInf(x, 0):
		x, y = math.Copysign(1, x), math.Copysign(1, y)
	}
	a := math.Pi / 2
	switch {
	case y == 0 && x == 0:
		a = 0
	case x != 0:
		a = Atan(math.Abs(y) / math.Abs(x))
	}
	if math.Signbit(x) {
		a = math.Pi - a
	}
	return math.Copysign(a, y)
}

// halfExp is e**x/2, also where e**x itself is beyond float64.
func halfExp(x float64) float64 {
	if x > 709 {
		e := Exp(x / 2)
		return e / 2 * e
	}
	return Exp(x) / 2
}

// Sinh is the hyperbolic sine.
func Sinh(x float64) float64 {
	if math.Abs(x) > 20 {
		return math.Copysign(halfExp(math.Abs(x)), x)
	}
	e := Expm1(math.Abs(x))
	return math.Copysign((e+e/(e+1))/2, x)
}

// Cosh is the hyperbolic cosine.
func Cosh(x float64) float64 {
	if math.Abs(x) > 709 {
		return halfExp(math.Abs(x))
	}
	return (Exp(x) + Exp(-x)) / 2
}

// Asinh is the inverse of sinh.
func Asinh(x float64) float64 {
	a := math.Abs(x)
	if a > 1e100 {
		return math.Copysign(Log(a)+math.Ln2, x)
	}
	aa := float64(a * a)
	return math.Copysign(Log1p(a+aa/(1+math.Sqrt(1+aa))), x)
}

// Acosh is the inverse of cosh.
func Acosh(x float64) float64 {
	switch {
	case x < 1:
		return math.NaN()
	case x > 1e100:
		return Log(x) + math.Ln2
	}
	t := x - 1
	return Log1p(t + math.Sqrt(2*t+float64(t*t)))
}

// Atanh is the inverse of tanh.
func Atanh(x float64) float64 {
	a := math.Abs(x)
	return math.Copysign(Log1p(2*a/(1-a))/2, x)
}
