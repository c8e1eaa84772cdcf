package transcendental

import "math"

// parts returns m in [sqrt(1/2), sqrt(2)) and k of x = m * 2**k, x > 0. It has no branch that depends on m.
func parts(x float64) (m float64, k int) {
	const exponents, half = 0x7ff << 52, 0x3fe
	if x < 0x1p-1022 {
		m, k = math.Frexp(x)
		x = m
	}
	b := math.Float64bits(x)
	k += int(b>>52) - half
	b = b&^exponents | half<<52
	less := (b - math.Float64bits(math.Sqrt2/2)) >> 63 // 1 if the fraction is less than sqrt(1/2)
	return math.Float64frombits(b + less<<52), k - int(less)
}

// Log returns the natural logarithm with a relative error of about 1e-15, in basic float64 arithmetic. With
// x = 2^k * m, m in [sqrt(1/2), sqrt(2)) and s = (m-1)/(m+1), it is k*ln2 + 2*(s + s^3/3 + s^5/5 + ...).
func Log(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	}
	m, k := parts(x)
	s := (m - 1) / (m + 1)
	ss := float64(s * s)
	p := float64(ss*(1.0/21)) + 1.0/19
	p = float64(p*ss) + 1.0/17
	p = float64(p*ss) + 1.0/15
	p = float64(p*ss) + 1.0/13
	p = float64(p*ss) + 1.0/11
	p = float64(p*ss) + 1.0/9
	p = float64(p*ss) + 1.0/7
	p = float64(p*ss) + 1.0/5
	p = float64(p*ss) + 1.0/3
	p = float64(p * ss)
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	return float64(float64(k)*ln2Hi) + (float64(2*s) + (float64(2*s*p) + float64(float64(k)*ln2Lo)))
}

// Pow returns x**y, computed as exp(y*log|x|) in float64, with the sign and the special cases of IEEE 754's
// pow.
func Pow(x, y float64) float64 {
	odd := !math.IsInf(y, 0) && math.Trunc(y) == y && math.Mod(y, 2) != 0
	switch {
	case y == 0 || x == 1:
		return 1
	case x != x || y != y:
		return math.NaN()
	case y == 1:
		return x
	case x < 0 && math.Trunc(y) != y && !math.IsInf(x, -1):
		return math.NaN()
	case x == -1 && math.IsInf(y, 0):
		return 1
	}
	r := Exp(float64(y * Log(math.Abs(x))))
	if odd && math.Signbit(x) {
		return -r
	}
	return r
}
