package transcendental

import "math"

const sqrtPi = 1.77245385090551602729816748334114518 // the square root of pi

// expCoefficients are 1/n! for n from 13 down to 0.
var expCoefficients = [...]float64{
	1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
	1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2, 1, 1,
}

// Exp returns e**x with a relative error of about 1e-15.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > 709.782712893384:
		return math.Inf(1)
	case x < -745.2:
		return 0
	}
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	k := math.RoundToEven(x / math.Ln2)
	r := (x - float64(k*ln2Hi)) - float64(k*ln2Lo)
	p := expPolynomial(r)
	if k >= -1021 && k <= 1022 { // p*2^k is normal: add to the exponent
		return math.Float64frombits(math.Float64bits(p) + uint64(int64(k))<<52)
	}
	return math.Ldexp(p, int(k))
}

// expPolynomial evaluates the polynomial with expCoefficients at r by Horner's rule.
func expPolynomial(r float64) float64 {
	c := &expCoefficients
	p := float64(c[0]*r) + c[1]
	p = float64(p*r) + c[2]
	p = float64(p*r) + c[3]
	p = float64(p*r) + c[4]
	p = float64(p*r) + c[5]
	p = float64(p*r) + c[6]
	p = float64(p*r) + c[7]
	p = float64(p*r) + c[8]
	p = float64(p*r) + c[9]
	p = float64(p*r) + c[10]
	p = float64(p*r) + c[11]
	p = float64(p*r) + c[12]
	return float64(p*r) + c[13]
}

// nearExpm1 returns e**x - 1 with an error of about 1e-15 of max(|x|, 1), for x <= 0.
func nearExpm1(x float64) float64 {
	if x < -0.5 {
		return Exp(x) - 1
	}
	p := 0.0
	for _, c := range expCoefficients[:len(expCoefficients)-1] {
		p = float64(p*x) + c
	}
	return p * x
}

// Tanh is the hyperbolic tangent.
func Tanh(x float64) float64 {
	if x < 0 {
		return -Tanh(-x)
	}
	e := nearExpm1(-2 * x)
	return -e / (2 + e)
}

// Sigmoid is 1/(1 + e**-x).
func Sigmoid(x float64) float64 { return 1 / (1 + Exp(-x)) }

// Erf returns the error function, computed by a series of positive terms:
// 2/sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (1*3*...*(2n+1)).
func Erf(x float64) float64 {
	switch {
	case x < 0:
		return -Erf(-x)
	case x > 6:
		return 1
	}
	xx := float64(x * x)
	term, sum := x, x
	for n := 1; term > sum*1e-17; n++ {
		term = term * (2 * xx) / float64(2*n+1)
		sum += term
	}
	return float64(2/sqrtPi*Exp(-xx)) * sum
}
