package transcendental

import "math"

// pieces are polynomials side by side: the first one whose end is not below x is that of x.
type pieces []piece

// piece is a polynomial in (x - middle)*scale, which is from -1 to 1, for x up to end.
type piece struct {
	end, middle, scale float64
	c                  []float64
}

// at evaluates the polynomial of x.
func (p pieces) at(x float64) float64 {
	i := 0
	for i < len(p)-1 && x > p[i].end {
		i++
	}
	return horner(p[i].c, float64((x-p[i].middle)*p[i].scale))
}

const (
	logRootTwoPi    = 0.91893853320467274178
	euler           = 0.57721566490153286061
	digammaZero     = 1.4616321449683623
	digammaZeroRest = 9.549995429965697e-17
	twoByPi         = 0.63661977236758134308
	rootTwoByPi     = 0.79788456080286535588
	piSquareBySix   = 1.64493406684822643647
)

// Lgamma is log|gamma(x)|, infinite for whole numbers that are not positive.
func Lgamma(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x <= 0:
		whole := math.Floor(x)
		if x == whole || x < -0x1p52 {
			return math.Inf(1)
		}
		if x > -0x1p-60 {
			return -Log(-x)
		}
		s := Sin(float64(math.Pi * nearest(x)))
		return Log(math.Pi/math.Abs(float64(s*x))) - Lgamma(-x)
	case x < 0x1p-60:
		return -Log(x)
	case x < 0.5:
		return float64(float64(x*(x-1))*lgammaNear.at(x+1)) - Log(x)
	case x <= 4:
		return float64(float64((x-1)*(x-2)) * lgammaNear.at(x))
	case x <= 8:
		return lgammaMiddle.at(x)
	}
	l := Log(x)
	tail := logRootTwoPi + lgammaTail.at(1/x/x)/x
	if x > 1e17 {
		return float64(x * (l - 1))
	}
	return fma(x-0.5, l-1, tail-0.5)
}

// nearest is x less the nearest whole number.
func nearest(x float64) float64 { return x - math.RoundToEven(x) }

// Digamma is the derivative of Lgamma, NaN for whole numbers that are not positive.
func Digamma(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x <= 0:
		if x == math.Floor(x) {
			return math.NaN()
		}
		return Digamma(1-x) - math.Pi/Tan(float64(math.Pi*nearest(x)))
	case x < 1:
		return Digamma(x+1) - 1/x
	case x <= 2:
		return float64(((x - digammaZero) - digammaZeroRest) * digammaNear.at(x))
	case x <= 10:
		return digammaMiddle.at(x)
	}
	r := 1 / x
	return Log(x) - fma(digammaTail.at(float64(r*r)), float64(r*r), float64(r*0.5))
}

// Erfinv is the inverse of Erf.
func Erfinv(x float64) float64 {
	a := math.Abs(x)
	switch {
	case !(a <= 1):
		return math.NaN()
	case a == 1:
		return math.Copysign(math.Inf(1), x)
	}
	w := -Log1p(float64(-x * x))
	if a > 0.5 {
		w = -Log(float64((1 - a) * (1 + a)))
	}
	if w <= 6.25 {
		return float64(x * erfinvNear.at(w))
	}
	return float64(x * erfinvTail.at(math.Sqrt(w)))
}

// Ndtri is the inverse of the distribution function of normal numbers.
func Ndtri(p float64) float64 {
	const tail = 0.135
	switch {
	case !(p >= 0 && p <= 1):
		return math.NaN()
	case p == 0:
		return math.Inf(-1)
	case p < tail:
		return ndtriTail.at(math.Sqrt(float64(-2 * Log(p))))
	case p > 1-tail:
		return -Ndtri(1 - p)
	}
	return float64(math.Sqrt2 * Erfinv(float64(2*(p-0.5))))
}

// Dawsn is Dawson's integral, e**(-x*x) times the integral of e**(t*t) from 0 to x.
func Dawsn(x float64) float64 {
	a := math.Abs(x)
	if a <= 10 {
		return float64(x * dawsnNear.at(a))
	}
	return float64(dawsnTail.at(1/x/x)*0.5) / x
}

// Expint is the exponential integral Ei, NaN for negative numbers and infinity.
func Expint(x float64) float64 {
	switch {
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(-1)
	case x <= 2:
		return Log(x) + fma(x, expintNear.at(x), euler)
	case x <= 32:
		return float64(Exp(x) * (expintMiddle.at(x) / x))
	case x > math.MaxFloat64:
		return math.NaN()
	case x > 720:
		return math.Inf(1)
	}
	half := Exp(float64(x * 0.5))
	return float64(float64(half*(expintTail.at(1/x)/x)) * half)
}

// quarterTurns returns the sine and the cosine of pi/2*x*x.
func quarterTurns(x float64) (sin, cos float64) {
	h := float64(x * x)
	l := fma(x, x, -h)
	angle := float64(math.Pi * 0.5 * (math.Mod(h, 4) + l))
	return Sin(angle), Cos(angle)
}

// fresnel returns f and g of the Fresnel integrals for large x.
func fresnel(x float64) (f, g float64) {
	r := 1 / x
	t := float64(r * r)
	return fresnelF.at(t) * r / math.Pi, float64(fresnelG.at(t)*t) * r / (math.Pi * math.Pi)
}

// mostFresnel is beyond what the integrals differ from 1/2 by.
const mostFresnel = 1e17

// FresnelSin is the integral of sin(pi/2*t*t) from 0 to x.
func FresnelSin(x float64) float64 {
	a := math.Abs(x)
	switch {
	case float64(a*a) <= 2.75:
		return float64(float64(float64(x*x)*x) * fresnelSinNear.at(float64(x*x)))
	case a > mostFresnel:
		return math.Copysign(0.5, x)
	case a != a:
		return x
	}
	sin, cos := quarterTurns(a)
	f, g := fresnel(a)
	return math.Copysign(0.5-fma(f, cos, float64(g*sin)), x)
}

// FresnelCos is the integral of cos(pi/2*t*t) from 0 to x.
func FresnelCos(x float64) float64 {
	a := math.Abs(x)
	switch {
	case float64(a*a) <= 2.75:
		return float64(x * fresnelCosNear.at(float64(x*x)))
	case a > mostFresnel:
		return math.Copysign(0.5, x)
	case a != a:
		return x
	}
	sin, cos := quarterTurns(a)
	f, g := fresnel(a)
	return math.Copysign(0.5+fma(f, sin, -float64(g*cos)), x)
}

// Spence is the integral of log(t)/(1 - t) from 1 to x, NaN for negative numbers.
func Spence(x float64) float64 {
	switch {
	case !(x >= 0) || x > math.MaxFloat64:
		return math.NaN()
	case x == 0:
		return piSquareBySix
	case x < 0.5:
		return fma(-Log(x), Log1p(-x), piSquareBySix) - float64(x*spenceNear.at(-x))
	case x <= 1.5:
		return -float64((x - 1) * spenceNear.at(x-1))
	}
	l := Log(x)
	return float64(float64(-0.5*l)*l) - Spence(1/x)
}
