package transcendental

import "math"

// parts returns k and m of x = 2**k * m, m in [sqrt(1/2), sqrt(2)), for finite x >= leastNormal.
func parts(x float64) (k, m float64) {
	t := math.Float64bits(x) + toExponent
	k = math.Float64frombits(t>>exponentBits|wholeBits) - wholeValue
	return k, math.Float64frombits(t&fractionMask + sqrtHalfBits)
}

// log is k*ln2 + log(1+f) + rest. With s = f/(2+f), log(1+f) = log((1+s)/(1-s)) = f - (f*f/2 - s*(f*f/2 + R)), where R
// is a polynomial in s*s.
func log(k, f, rest float64) float64 {
	s := f / (f + 2)
	z := float64(s * s)
	square := float64(float64(f*0.5) * f)
	p := fma(s, fma(z, horner(logTail[:], z), square), fma(k, ln2Lo, rest))
	h := float64(k * ln2Hi)
	t := h + f
	return t + ((f - (t - h)) + (p - square))
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

// Log is the natural logarithm.
func Log(x float64) float64 {
	y, less := x, 0.0
	if x < leastNormal {
		y, less = float64(x*toNormal), normalBits
	}
	k, m := parts(y)
	return special(x, log(k-less, m-1, 0))
}

// Log1p is log(1 + x), which has the sign of x.
func Log1p(x float64) float64 { return math.Copysign(log1p(x), x) }

func log1p(x float64) float64 {
	u := x + 1
	k, m := parts(u)
	less, more, most := x, 1.0, u
	if x > 1 {
		less, more = 1, x
	}
	if mostReciprocal < u {
		most = mostReciprocal
	}
	// What u lacks of 1+x is divided by u.
	rest := float64((less - (u - more)) * math.Float64frombits(reciprocalBits-math.Float64bits(most)))
	f := m - 1
	if k == 0 {
		f, rest = x, 0
	}
	return special(u, log(k, f, rest))
}

// Xlogy is x times the natural logarithm of y, or 0 where x is 0.
func Xlogy(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * Log(y)
}

// Xlog1py is x*log(1+y), or 0 where x is 0.
func Xlog1py(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * Log1p(y)
}

// Asinh is the inverse of sinh: log(1 + a + t) with a = |x| and t = a*a/(1+sqrt(1+a*a)), and the sign of x.
func Asinh(x float64) float64 {
	a := math.Abs(x)
	aa := float64(a * a)
	return math.Copysign(logOfSum(a, aa/(math.Sqrt(aa+1)+1)), x)
}

// Acosh is the inverse of cosh: log(1 + t + sqrt(2*t + t*t)) with t = x-1.
func Acosh(x float64) float64 {
	t := x - 1
	if t < 0 {
		return math.NaN()
	}
	return logOfSum(t, math.Sqrt(float64(t*t)+(t+t)))
}

// logOfSum returns log(1 + x + y), where y is x if x is above mostReciprocal, even if y has overflowed.
func logOfSum(x, y float64) float64 {
	v, more := x+y, 0.0
	if mostReciprocal < x {
		v, more = x, math.Ln2
	}
	return log1p(v) + more
}

// Atanh is the inverse of tanh: log(1 + 2a/(1-a))/2 with a = |x|, and the sign of x.
func Atanh(x float64) float64 {
	a := math.Abs(x)
	return math.Copysign(log1p((a+a)/(1-a))*0.5, x)
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
