package transcendental

import "math"

// mostTerms bounds series and continued fractions, which end much earlier for all but huge arguments.
const mostTerms = 20_000

const epsilon = 0x1p-53

// gammaDensity is x**a * e**-x / gamma(a), for a and x > 0.
func gammaDensity(a, x float64) float64 {
	if a < 8 {
		return Exp(fma(a, Log(x), -x) - Lgamma(a))
	}
	mu := (x - a) / a
	return float64(Exp(float64(a*(Log1p(mu)-mu))-lgammaTail.at(1/a/a)/a) * math.Sqrt(a/(2*math.Pi)))
}

// Igamma is the lower incomplete gamma function, divided by gamma(a).
func Igamma(a, x float64) float64 {
	switch {
	case !(a > 0) || !(x >= 0):
		return math.NaN()
	case x == 0:
		return 0
	case math.IsInf(a, 1) || math.IsInf(x, 1):
		return limitOfGamma(a, x)
	case x > 1 && x > a:
		return 1 - gammaFraction(a, x)
	}
	return gammaSeries(a, x)
}

// Igammac is 1 less Igamma.
func Igammac(a, x float64) float64 {
	switch {
	case !(a > 0) || !(x >= 0):
		return math.NaN()
	case x == 0:
		return 1
	case math.IsInf(a, 1) || math.IsInf(x, 1):
		return 1 - limitOfGamma(a, x)
	case x < 1 || x < a:
		return 1 - gammaSeries(a, x)
	}
	return gammaFraction(a, x)
}

// limitOfGamma is Igamma where a or x is infinite.
func limitOfGamma(a, x float64) float64 {
	switch {
	case math.IsInf(a, 1) && math.IsInf(x, 1):
		return math.NaN()
	case math.IsInf(a, 1):
		return 0
	}
	return 1
}

// gammaSeries is Igamma as a series.
func gammaSeries(a, x float64) float64 {
	sum, term, r := 1.0, 1.0, a
	for range mostTerms {
		r++
		term = float64(term * (x / r))
		if sum += term; term <= float64(sum*epsilon) {
			break
		}
	}
	return float64(sum * (gammaDensity(a, x) / a))
}

// gammaFraction is Igammac as a continued fraction, by Lentz's method.
func gammaFraction(a, x float64) float64 {
	b := x + 1 - a
	c, d := math.MaxFloat64, 1/b
	h := d
	for i := 1.0; i < mostTerms; i++ {
		f := float64(-i * (i - a))
		b += 2
		d = 1 / unzero(fma(f, d, b))
		c = unzero(b + f/c)
		step := float64(c * d)
		if h *= step; math.Abs(step-1) <= 2*epsilon {
			break
		}
	}
	return float64(h * gammaDensity(a, x))
}

// unzero returns x, or a tiny number for 0.
func unzero(x float64) float64 {
	if x == 0 {
		return 1e-300
	}
	return x
}

// Betainc is the regularized incomplete beta function.
func Betainc(a, b, x float64) float64 {
	switch {
	case !(a > 0 && b > 0 && x >= 0 && x <= 1):
		return math.NaN()
	case x == 0 || x == 1:
		return x
	}
	front := Exp(Lgamma(a+b) - Lgamma(a) - Lgamma(b) + fma(a, Log(x), float64(b*Log1p(-x))))
	if x < (a+1)/(a+b+2) {
		return float64(front * betaFraction(a, b, x) / a)
	}
	return 1 - float64(front*betaFraction(b, a, 1-x)/b)
}

// betaFraction is a continued fraction of the incomplete beta function, by Lentz's method.
func betaFraction(a, b, x float64) float64 {
	c, d := 1.0, 1/unzero(1-float64((a+b)*x)/(a+1))
	h := d
	for m := 1.0; m < mostTerms; m++ {
		twice := a + float64(2*m)
		even := float64(float64(m*(b-m))*x) / float64((twice-1)*twice)
		odd := -float64(float64((a+m)*(a+b+m))*x) / float64(twice*(twice+1))
		d = 1 / unzero(fma(even, d, 1))
		c = unzero(1 + even/c)
		h *= float64(c * d)
		d = 1 / unzero(fma(odd, d, 1))
		c = unzero(1 + odd/c)
		step := float64(c * d)
		if h *= step; math.Abs(step-1) <= 2*epsilon {
			break
		}
	}
	return h
}

// bernoulli are (2k)! divided by the Bernoulli numbers B2k.
var bernoulli = [...]float64{
	12, -720, 30240, -1209600, 47900160, -1.8924375803183791606e9, 7.47242496e10, -2.950130727918164224e12,
	1.1646782814350067249e14, -4.5979787224074726105e15, 1.8152105401943546773e17, -7.1661652561756670113e18,
}

// Zeta is the sum of (q + n)**-x over all n from 0.
func Zeta(x, q float64) float64 {
	whole := math.Floor(q)
	switch {
	case x != x || q != q || x < 1:
		return math.NaN()
	case x == 1:
		return math.Inf(1)
	case q > 0:
		return zeta(x, q)
	case q == whole && math.Mod(x, 2) == 0:
		return math.Inf(1)
	case q == whole || x != math.Floor(x):
		return math.NaN()
	}
	f, sign := q-whole, 1.0
	if math.Mod(x, 2) != 0 {
		sign = -1
	}
	return zeta(x, f) + float64(sign*(zeta(x, 1-f)-zeta(x, 1-q)))
}

// zeta is Zeta for q > 0, by the formula of Euler and Maclaurin.
func zeta(x, q float64) float64 {
	if math.IsInf(x, 1) || math.IsInf(q, 1) {
		return Pow(q, -x)
	}
	s, w, b := Pow(q, -x), q, 0.0
	for i := 0; i < 9 || w <= 9; i++ {
		w++
		b = Pow(w, -x)
		if s += b; b < float64(s*epsilon) {
			return s
		}
	}
	s += float64(b*w)/(x-1) - float64(b*0.5)
	a, k := 1.0, 0.0
	for _, c := range bernoulli {
		a *= x + k
		b /= w
		t := float64(a*b) / c
		if s += t; math.Abs(t) < math.Abs(float64(s*epsilon)) {
			break
		}
		a *= x + k + 1
		b /= w
		k += 2
	}
	return s
}

// Polygamma is the derivative number n of Digamma.
func Polygamma(n, x float64) float64 {
	switch {
	case n == 0:
		return Digamma(x)
	case n < 0 || n != math.Floor(n):
		return math.NaN()
	}
	y := float64(Exp(Lgamma(n+1)) * Zeta(n+1, x))
	if math.Mod(n, 2) == 0 {
		return -y
	}
	return y
}
