package main

// The functions of package internal/transcendental. The operations and their order are those of that package.

// The numbers of transcendental.Constants.
const (
	wideMostExponent = iota
	wideLeastExponent
	wideLog2e
	wideToScales
	wideLn2Hi
	wideLn2Lo
	wideInverseBits
	wideZero
	wideQuarter
	wideHalf
	wideOne
	wideTwo
	wideSign
	wideMagnitude
	wideInfinity
	wideMinusInfinity
	wideNotANumber
	wideLeastNormal
	wideToNormal
	wideNormalBits
	wideToExponent
	wideWholeBits
	wideWholeValue
	wideFractionMask
	wideSqrtHalfBits
	wideReciprocalBits
	wideMostReciprocal
	wideMostErfc
	wideCentre
	wideSelu
	wideSeluNegative
	wideTwoByPi
	wideToWhole
	wideHalfPi
	wideHalfPiRest
	wideHalfPiLast
	wideUnit
	wideMostTangent
	widePi
	widePiRest
	wideLn2
	wideExpTail
	wideLogTail  = wideExpTail + wideExpTerms
	wideErfTail  = wideLogTail + wideLogTerms
	wideErfcTail = wideErfTail + wideErfTerms
	wideSinTail  = wideErfcTail + wideErfcTerms
	wideCosTail  = wideSinTail + wideSinTerms
	wideAtanTail = wideCosTail + wideCosTerms
	wideAsinTail = wideAtanTail + wideAtanTerms
	wideSinhTail = wideAsinTail + wideAsinTerms
)

const (
	wideExpTerms, wideLogTerms, wideErfTerms, wideErfcTerms, wideSinTerms = 11, 8, 13, 21, 7
	wideCosTerms, wideAtanTerms, wideAsinTerms, wideSinhTerms             = 6, 22, 13, 8
)

const (
	none     = constant(wideZero)
	unity    = constant(wideOne)
	aHalf    = constant(wideHalf)
	twice    = constant(wideTwo)
	signBits = constant(wideSign)
)

// widePower is e**x = (1 + r + u) * scale * again; bits has the exponents of scale and again.
type widePower struct{ r, u, bits values }

// reduced is transcendental's reduced; x and less are lost. less is nil for 0.
func (w *wide) reduced(x, less values) widePower {
	bits := w.addProduct(w.copy(constant(wideToScales)), x, constant(wideLog2e))
	k := w.subtract(bits, constant(wideToScales))
	h := w.subtractProduct(x, k, constant(wideLn2Hi))
	if less == nil {
		less = w.multiply(k, constant(wideLn2Lo))
	} else {
		less = w.addProduct(less, k, constant(wideLn2Lo))
	}
	r := w.subtract(h, less)
	rest := w.subtract(w.subtract(h, r), less)
	square := w.multiply(r, r)
	return widePower{r, w.addProduct(rest, square, w.horner(wideExpTail, wideExpTerms, r)), bits}
}

// scales returns scale and again.
func (w *wide) scales(p widePower) (scale, again values) {
	half := w.right(p.bits, 1)
	return w.left(half, 52), w.left(w.subtractBits(p.bits, half), 52)
}

func (w *wide) clamped(x values) values {
	return w.most(constant(wideLeastExponent), w.least(constant(wideMostExponent), x))
}

// sum returns 1 + r + u rounded, 1 + r rounded, and what that lacks of the sum.
func (w *wide) sum(p widePower) (h, one, l values) {
	one = w.add(p.r, unity)
	l = w.add(p.u, w.subtract(p.r, w.subtract(one, unity)))
	return w.add(one, l), one, l
}

// sumAndRest returns 1 + r + u as the sum of two numbers.
func (w *wide) sumAndRest(p widePower) (h, rest values) {
	h, one, l := w.sum(p)
	return h, w.subtract(l, w.subtract(h, one))
}

func (w *wide) scaled(v, scale, again values) values { return w.multiply(w.multiply(v, scale), again) }

// exp returns e**x.
func (w *wide) exp(x values) values {
	p := w.reduced(w.clamped(x), nil)
	h, _, _ := w.sum(p)
	scale, again := w.scales(p)
	return w.scaled(h, scale, again)
}

// less1 returns e**x - 1 = h*again, what h was computed from, and again.
func (w *wide) less1(x values) (h, s, l, again values) {
	p := w.reduced(w.clamped(x), nil)
	scale, again := w.scales(p)
	one := w.subtractBits(constant(wideInverseBits), again)
	a := w.subtract(scale, one)
	b := w.multiply(scale, p.r)
	s = w.add(a, b)
	l = w.add(w.subtract(b, w.subtract(s, a)), w.subtract(scale, w.add(a, one)))
	l = w.addProduct(l, scale, p.u)
	return w.add(s, l), s, l, again
}

func (w *wide) expm1(x values) values {
	h, _, _, again := w.less1(x)
	return w.multiply(h, again)
}

// quotient returns (a+aLo)/(b+bLo).
func (w *wide) quotient(a, aLo, b, bLo values) values {
	r := w.divide(unity, b)
	q := w.multiply(a, r)
	e := w.add(w.subtractProduct(w.copy(a), q, b), aLo)
	return w.addProduct(q, w.subtractProduct(e, q, bLo), r)
}

func (w *wide) tanh(x values) values {
	a := w.or(x, signBits)
	h, s, l, again := w.less1(w.add(a, a))
	f := w.multiply(h, again)
	rest := w.multiply(w.subtract(l, w.subtract(h, s)), again)
	d := w.add(f, twice)
	dLo := w.add(rest, w.subtract(f, w.subtract(d, twice)))
	return w.withSign(w.quotient(f, rest, d, dLo), x)
}

// logistic returns factor/(1 + e**-x); factor is nil for 1.
func (w *wide) logistic(x, factor values) values {
	p := w.reduced(w.clamped(w.or(x, signBits)), nil)
	h, l := w.sumAndRest(p)
	scale, again := w.scales(p)
	e, rest := w.scaled(h, scale, again), w.scaled(l, scale, again)
	d := w.add(e, unity)
	rest = w.add(rest, w.subtract(e, w.subtract(d, unity)))
	negative, one := w.compare(less, x, none), w.held(unity)
	scale, again = w.choose(negative, scale, one), w.choose(negative, again, one)
	q := w.quotient(w.choose(negative, h, one), w.choose(negative, l, none), d, rest)
	if factor != nil {
		q = w.multiply(q, factor)
	}
	return w.scaled(q, scale, again)
}

func (w *wide) swish(x values) values {
	return w.logistic(x, w.most(constant(wideLeastExponent), x))
}

func (w *wide) softplus(x values) values {
	l := w.log1p(w.exp(w.or(x, signBits)))
	return w.add(w.most(none, x), l)
}

func (w *wide) elu(x values) values {
	e := w.subtract(w.exp(x), unity)
	return w.choose(w.compare(less, x, none), e, x)
}

func (w *wide) selu(x values) values {
	e := w.multiply(w.expm1(x), constant(wideSeluNegative))
	return w.choose(w.compare(less, x, none), e, w.multiply(x, constant(wideSelu)))
}

// halfPower returns e**x/2 as the sum of two numbers.
func (w *wide) halfPower(x values) (h, rest values) {
	p := w.reduced(w.clamped(x), nil)
	h, rest = w.sumAndRest(p)
	scale, again := w.scales(p)
	return w.scaled(w.multiply(h, aHalf), scale, again), w.scaled(w.multiply(rest, aHalf), scale, again)
}

func (w *wide) sinh(x values) values {
	a := w.magnitude(x)
	h, rest := w.halfPower(a)
	large := w.add(h, w.subtract(rest, w.divide(constant(wideQuarter), h)))
	z := w.multiply(a, a)
	p := w.multiply(w.horner(wideSinhTail, wideSinhTerms, z), z)
	small := w.addProduct(w.copy(a), a, p)
	return w.withSign(w.choose(w.compare(less, a, unity), small, large), x)
}

func (w *wide) cosh(x values) values {
	h, rest := w.halfPower(w.magnitude(x))
	return w.add(h, w.add(rest, w.divide(constant(wideQuarter), h)))
}

// parts returns the exponent and the fraction of x.
func (w *wide) parts(x values) (k, m values) {
	t := w.addBits(x, constant(wideToExponent))
	k = w.subtract(w.or(w.right(t, 52), constant(wideWholeBits)), constant(wideWholeValue))
	return k, w.addBits(w.and(t, constant(wideFractionMask)), constant(wideSqrtHalfBits))
}

// log returns k*ln2 + log(1+f) + rest; rest is lost, and nil for 0.
func (w *wide) log(k, f, rest values) values {
	s := w.divide(f, w.add(f, twice))
	z := w.multiply(s, s)
	square := w.multiply(w.multiply(f, aHalf), f)
	p := w.timesPlus(w.horner(wideLogTail, wideLogTerms, z), z, square)
	if rest == nil {
		rest = w.multiply(k, constant(wideLn2Lo))
	} else {
		rest = w.addProduct(rest, k, constant(wideLn2Lo))
	}
	p = w.subtract(w.timesPlus(p, s, rest), square)
	h := w.multiply(k, constant(wideLn2Hi))
	t := w.add(h, f)
	return w.add(t, w.add(w.subtract(f, w.subtract(t, h)), p))
}

// special returns log, or what a logarithm is of x that has none.
func (w *wide) special(x, log values) values {
	log = w.choose(w.compare(less, x, constant(wideInfinity)), log, x)
	log = w.choose(w.compare(equal, x, none), constant(wideMinusInfinity), log)
	return w.choose(w.compare(less, x, none), constant(wideNotANumber), log)
}

func (w *wide) logarithm(x values) values {
	small := w.compare(less, x, constant(wideLeastNormal))
	k, m := w.parts(w.choose(small, w.multiply(x, constant(wideToNormal)), x))
	k = w.subtract(k, w.choose(small, constant(wideNormalBits), none))
	return w.special(x, w.log(k, w.subtract(m, unity), nil))
}

func (w *wide) log1p(x values) values {
	u := w.add(x, unity)
	k, m := w.parts(u)
	one := w.held(unity)
	rest := w.subtract(w.least(one, x), w.subtract(u, w.most(x, one)))
	most := w.least(constant(wideMostReciprocal), u)
	rest = w.multiply(rest, w.subtractBits(constant(wideReciprocalBits), most))
	whole := w.compare(equal, k, none)
	f := w.choose(whole, x, w.subtract(m, one))
	return w.special(u, w.log(k, f, w.choose(whole, none, rest)))
}

func (w *wide) atanh(x values) values {
	a := w.magnitude(x)
	v := w.divide(w.add(a, a), w.subtract(unity, a))
	return w.withSign(w.multiply(w.log1p(v), aHalf), x)
}

func (w *wide) asinh(x values) values {
	a := w.magnitude(x)
	square := w.multiply(a, a)
	t := w.divide(square, w.add(w.squareRoot(w.add(square, unity)), unity))
	return w.withSign(w.logOfSum(a, t), x)
}

func (w *wide) acosh(x values) values {
	t := w.subtract(x, unity)
	p := w.logOfSum(t, w.squareRoot(w.add(w.multiply(t, t), w.add(t, t))))
	return w.choose(w.compare(less, t, none), constant(wideNotANumber), p)
}

// logOfSum returns log(1 + x + y), where y is x if x is large, even if y has overflowed.
func (w *wide) logOfSum(x, y values) values {
	large := w.compare(greater, x, constant(wideMostReciprocal))
	more := w.choose(large, constant(wideLn2), none)
	return w.add(w.log1p(w.choose(large, x, w.add(x, y))), more)
}

// unlessZero returns v*x, or 0 where x is.
func (w *wide) unlessZero(x, v values) values {
	return w.choose(w.compare(equal, x, none), none, w.multiply(x, v))
}

// erfcOf returns erfc(a) for a from 1 on.
func (w *wide) erfcOf(a values) values {
	a = w.least(constant(wideMostErfc), a)
	square := w.multiply(a, a)
	z := w.negated(square)
	p := w.reduced(z, w.addProduct(w.copy(z), a, a))
	e, eLo := w.sumAndRest(p)
	half, one := w.multiply(a, aHalf), w.held(unity)
	d := w.add(half, one)
	lack := w.subtract(w.least(one, half), w.subtract(d, w.most(half, one)))
	v := w.divide(one, d)
	vLo := w.subtractProduct(w.subtractProduct(w.copy(unity), v, d), v, lack)
	vLo = w.multiply(v, vLo)
	q := w.horner(wideErfcTail, wideErfcTerms, w.subtract(v, constant(wideCentre)))
	f := w.multiply(q, v)
	fLo := w.addProduct(w.negated(f), q, v)
	fLo = w.addProduct(fLo, w.addProduct(w.copy(q), v, aHalf), vLo)
	h := w.multiply(e, f)
	rest := w.subtract(w.addProduct(w.multiply(e, fLo), eLo, f), w.subtractProduct(w.copy(h), e, f))
	scale, again := w.scales(p)
	return w.scaled(w.add(h, rest), scale, again)
}

func (w *wide) erf(x values) values {
	a := w.magnitude(x)
	e := w.horner(wideErfTail, wideErfTerms, w.multiply(a, a))
	p := w.addProduct(w.copy(a), a, e)
	w.unlessBelow1(a, func() {
		large := w.subtract(unity, w.erfcOf(a))
		w.assign(p, w.choose(w.compare(less, a, unity), p, large))
	})
	return w.withSign(p, x)
}

func (w *wide) erfc(x values) values {
	a := w.magnitude(x)
	p := w.smallErfc(x, a)
	w.unlessBelow1(a, func() {
		large := w.erfcOf(a)
		large = w.choose(w.compare(less, x, none), w.subtract(twice, large), large)
		w.assign(p, w.choose(w.compare(less, a, unity), p, large))
	})
	return p
}

// smallErfc returns erfc(x) for a = |x| < 1.
func (w *wide) smallErfc(x, a values) values {
	const first, second = constant(wideErfTail), constant(wideErfTail + 1)
	z := w.multiply(a, a)
	q := w.multiply(w.horner(wideErfTail+2, wideErfTerms-2, z), z)
	t := w.add(q, second)
	rest := w.multiply(z, w.subtract(q, w.subtract(t, second)))
	rest = w.addProduct(rest, w.addProduct(w.negated(z), a, a), t)
	e := w.multiply(z, t)
	rest = w.add(rest, w.addProduct(w.negated(e), z, t))
	h := w.subtract(unity, x)
	s := w.subtract(w.subtract(unity, h), x)
	s = w.subtractProduct(w.subtractProduct(s, x, first), x, e)
	return w.add(h, w.subtractProduct(s, x, rest))
}

// turned is transcendental's turned.
func (w *wide) turned(x values) (r, rest, bits values) {
	bits = w.addProduct(w.copy(constant(wideToWhole)), x, constant(wideTwoByPi))
	k := w.subtract(bits, constant(wideToWhole))
	h := w.subtractProduct(w.copy(x), k, constant(wideHalfPi))
	r = w.subtractProduct(w.copy(h), k, constant(wideHalfPiRest))
	rest = w.subtractProduct(w.subtract(h, r), k, constant(wideHalfPiRest))
	return r, w.subtractProduct(rest, k, constant(wideHalfPiLast)), bits
}

// sinCos returns the sine, as r + s, and the cosine, as c + cLo, of r + rest.
func (w *wide) sinCos(r, rest values) (s, c, cLo values) {
	z := w.multiply(r, r)
	half := w.multiply(z, aHalf)
	one := w.held(unity)
	c = w.subtract(one, half)
	cLo = w.subtractProduct(w.subtract(w.subtract(one, c), half), r, rest)
	cLo = w.addProduct(cLo, w.multiply(z, z), w.horner(wideCosTail, wideCosTerms, z))
	s = w.addProduct(rest, w.multiply(r, z), w.horner(wideSinTail, wideSinTerms, z))
	return s, c, cLo
}

// quarter returns the sine, or the cosine, of x.
func (w *wide) quarter(x values, cosine bool) values {
	r, rest, q := w.turned(x)
	s, c, cLo := w.sinCos(r, rest)
	if cosine {
		q = w.addBits(q, constant(wideUnit))
	}
	odd := w.isNegative(w.left(q, 63))
	v := w.add(w.choose(odd, c, r), w.choose(odd, cLo, s))
	v = w.xor(v, w.signs(w.left(q, 62)))
	if cosine {
		return v
	}
	return w.choose(w.compare(equal, x, none), x, v)
}

func (w *wide) tan(x values) values {
	r, rest, q := w.turned(x)
	s, c, cLo := w.sinCos(r, rest)
	sum := w.add(r, s)
	s = w.subtract(s, w.subtract(sum, r))
	cosine := w.add(c, cLo)
	cLo = w.subtract(cLo, w.subtract(cosine, c))
	turn := w.left(q, 63)
	odd := w.isNegative(turn)
	v := w.quotient(w.choose(odd, cosine, sum), w.choose(odd, cLo, s), w.choose(odd, sum, cosine), w.choose(odd, s, cLo))
	return w.choose(w.compare(equal, x, none), x, w.xor(v, turn))
}

// from returns base - (v + vLo + v*e).
func (w *wide) from(base, baseLo, v, vLo, e values) values {
	h := w.subtract(base, v)
	t := w.add(w.subtract(w.subtract(base, h), v), w.subtract(baseLo, vLo))
	return w.add(h, w.subtractProduct(t, v, e))
}

// atanOf returns the e of atan(v) = v + v*e, and by how much atan(v + rest) is larger.
func (w *wide) atanOf(v, rest values) (e, slope values) {
	z := w.multiply(v, v)
	slope = w.multiply(w.subtractProduct(w.copy(unity), z, aHalf), rest)
	return w.multiply(w.horner(wideAtanTail, wideAtanTerms, z), z), slope
}

func (w *wide) atan(x values) values {
	a := w.least(constant(wideMostTangent), w.magnitude(x))
	large, inverse := w.compare(less, unity, a), w.divide(unity, a)
	rest := w.multiply(inverse, w.subtractProduct(w.copy(unity), inverse, a))
	v := w.choose(large, inverse, a)
	e, rest := w.atanOf(v, w.choose(large, rest, none))
	base, baseLo := w.choose(large, constant(wideHalfPi), none), w.choose(large, constant(wideHalfPiRest), none)
	return w.withSign(w.from(base, baseLo, w.choose(large, v, w.negated(v)), rest, e), x)
}

// atan2 returns the angle of the point (x, y).
func (w *wide) atan2(y, x values) values {
	a, b := w.magnitude(y), w.magnitude(x)
	small, large := w.least(a, b), w.most(a, b)
	v := w.divide(small, large)
	rest := w.divide(w.subtractProduct(w.copy(small), v, large), large)
	v = w.choose(w.compare(equal, small, large), unity, v)
	v = w.choose(w.compare(equal, small, none), none, v)
	rest = w.choose(w.compare(less, rest, unity), rest, none)
	e, rest := w.atanOf(v, rest)
	steep, left := w.compare(less, b, a), w.isNegative(x)
	base := w.choose(steep, constant(wideHalfPi), w.choose(left, constant(widePi), none))
	baseLo := w.choose(steep, constant(wideHalfPiRest), w.choose(left, constant(widePiRest), none))
	flip := w.xor(w.signs(x), w.choose(steep, none, signBits))
	p := w.withSign(w.from(base, baseLo, w.xor(v, flip), w.xor(rest, flip), e), y)
	return w.choose(w.compare(unordered, x, y), constant(wideNotANumber), p)
}

// sineOf returns v, its rest and the e of v + rest + v*e, the arc sine of a or, where that is large, above a half, of
// sqrt((1-a)/2).
func (w *wide) sineOf(a values) (large condition, v, rest, e values) {
	z := w.multiply(w.subtract(unity, a), aHalf)
	root := w.squareRoot(z)
	rest = w.divide(w.subtractProduct(w.copy(z), root, root), w.add(root, root))
	large = w.compare(less, aHalf, a)
	rest = w.choose(large, w.choose(w.compare(less, rest, unity), rest, none), none)
	v, z = w.choose(large, root, a), w.choose(large, z, w.multiply(a, a))
	return large, v, rest, w.multiply(w.horner(wideAsinTail, wideAsinTerms, z), z)
}

func (w *wide) asin(x values) values {
	large, v, rest, e := w.sineOf(w.magnitude(x))
	base, baseLo := w.choose(large, constant(wideHalfPi), none), w.choose(large, constant(wideHalfPiRest), none)
	p := w.from(base, baseLo, w.choose(large, w.add(v, v), w.negated(v)), w.add(rest, rest), e)
	return w.withSign(p, x)
}

func (w *wide) acos(x values) values {
	large, v, rest, e := w.sineOf(w.magnitude(x))
	left := w.isNegative(x)
	base := w.choose(large, w.choose(left, constant(widePi), none), constant(wideHalfPi))
	baseLo := w.choose(large, w.choose(left, constant(widePiRest), none), constant(wideHalfPiRest))
	flip := w.xor(w.signs(x), signBits)
	v = w.choose(large, w.xor(w.add(v, v), flip), w.or(v, w.signs(x)))
	return w.from(base, baseLo, v, w.xor(w.add(rest, rest), flip), e)
}

func (w *wide) softsign(x values) values { return w.divide(x, w.add(w.magnitude(x), unity)) }

func (w *wide) leakyRelu(x values) values {
	return w.choose(w.compare(less, x, none), w.multiply(x, w.scale()), x)
}

// ofOne makes a method of one operand one of two.
func ofOne(f func(w *wide, x values) values) func(w *wide, x, y values) values {
	return func(w *wide, x, _ values) values { return f(w, x) }
}

var wideFunctions = []wideFunction{
	{name: "exp", doc: "e ** x[i]", registers: 8, compute: ofOne((*wide).exp)},
	{name: "expm1", doc: "e**x[i] - 1", registers: 16, compute: func(w *wide, x, _ values) values {
		return w.withSign(w.expm1(x), x)
	}},
	{name: "log", doc: "the natural logarithm of x[i]", registers: 16, compute: ofOne((*wide).logarithm)},
	{name: "log1p", doc: "log(1 + x[i])", registers: 16, compute: func(w *wide, x, _ values) values {
		return w.withSign(w.log1p(x), x)
	}},
	{name: "sigmoid", doc: "1 / (1 + e**-x[i])", registers: 16, compute: func(w *wide, x, _ values) values {
		return w.logistic(x, nil)
	}},
	{name: "swish", doc: "x[i] / (1 + e**-x[i])", registers: 16, compute: ofOne((*wide).swish)},
	{name: "tanh", doc: "tanh(x[i])", registers: 16, compute: ofOne((*wide).tanh)},
	{name: "elu", doc: "x[i], or e**x[i] - 1 if that is less than 0", registers: 8, compute: ofOne((*wide).elu)},
	{
		name: "selu", doc: "1.0507 * x[i], or 1.7581 * (e**x[i] - 1) if that is less than 0", registers: 16,
		compute: ofOne((*wide).selu),
	},
	{name: "softplus", doc: "log(1 + e**x[i])", registers: 16, compute: ofOne((*wide).softplus)},
	{name: "softsign", doc: "x[i] / (1 + |x[i]|)", registers: 8, compute: ofOne((*wide).softsign)},
	{
		name: "leakyrelu", doc: "x[i], or x[i] * scale if that is less than 0", registers: 8,
		compute: ofOne((*wide).leakyRelu),
	},
	{name: "sqrt", doc: "sqrt(x[i])", registers: 4, compute: func(w *wide, x, _ values) values { return w.squareRoot(x) }},
	{name: "rsqrt", doc: "1 / sqrt(x[i])", registers: 8, compute: func(w *wide, x, _ values) values {
		return w.divide(unity, w.squareRoot(x))
	}},
	{name: "erf", doc: "erf(x[i])", registers: 16, compute: ofOne((*wide).erf)},
	{name: "erfc", doc: "1 - erf(x[i])", registers: 16, compute: ofOne((*wide).erfc)},
	{name: "sinh", doc: "the hyperbolic sine of x[i]", registers: 8, compute: ofOne((*wide).sinh)},
	{name: "cosh", doc: "the hyperbolic cosine of x[i]", registers: 8, compute: ofOne((*wide).cosh)},
	{name: "atanh", doc: "the inverse hyperbolic tangent of x[i]", registers: 16, compute: ofOne((*wide).atanh)},
	{name: "asinh", doc: "the inverse hyperbolic sine of x[i]", registers: 16, compute: ofOne((*wide).asinh)},
	{name: "acosh", doc: "the inverse hyperbolic cosine of x[i]", registers: 16, compute: ofOne((*wide).acosh)},
	{name: "sin", doc: "sin(x[i]), |x[i]| <= 2**28", registers: 16, compute: func(w *wide, x, _ values) values {
		return w.quarter(x, false)
	}},
	{name: "cos", doc: "cos(x[i]), |x[i]| <= 2**28", registers: 16, compute: func(w *wide, x, _ values) values {
		return w.quarter(x, true)
	}},
	{name: "tan", doc: "tan(x[i]), |x[i]| <= 2**28", registers: 16, compute: ofOne((*wide).tan)},
	{name: "atan", doc: "the arc tangent of x[i]", registers: 16, compute: ofOne((*wide).atan)},
	{name: "asin", doc: "the arc sine of x[i]", registers: 16, compute: ofOne((*wide).asin)},
	{name: "acos", doc: "the arc cosine of x[i]", registers: 16, compute: ofOne((*wide).acos)},
	{name: "atan2", doc: "the angle of the point (y[i], x[i])", registers: 32, compute: (*wide).atan2, binary: true},
	{
		name: "xlogy", doc: "x[i] * log(y[i]), 0 where x[i] is 0", registers: 16, binary: true,
		compute: func(w *wide, x, y values) values {
			return w.unlessZero(x, w.logarithm(y))
		},
	},
	{
		name: "xlog1py", doc: "x[i] * log(1 + y[i]), 0 where x[i] is 0", registers: 16, binary: true,
		compute: func(w *wide, x, y values) values {
			return w.unlessZero(x, w.withSign(w.log1p(y), y))
		},
	},
}
