package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The functions of package internal/activation, as many elements in a vector as it has
// float64, some vectors in turn. The operations and their order are those of that package.

// constants points to the numbers of activation.Constants, each eight times.
var constants = reg.R8

// The numbers of activation.Constants.
const (
	most = iota
	least
	mostFinite
	log2e
	toInteger
	ln2
	one
	two
	erfcMost
	half
	sign
	magnitude
	erfcScale
	reciprocalBits
	seluPositive
	seluNegative
	twoByPi
	toWhole
	halfPi
	halfPiRest
	unit
	toExponent
	wholeBits
	wholeValue
	fractionMask
	sqrtHalfBits
	zero
	infinity
	minusInfinity
	notANumber
	three
	erfMost
	pi
	expTail
	logTail   = expTail + expTerms
	erfTop    = logTail + logTerms
	erfBottom = erfTop + erfTopTerms
	erfcTail  = erfBottom + erfBottomTerms
	sinTail   = erfcTail + erfcTerms
	cosTail   = sinTail + angleTerms
	atanTail  = cosTail + angleTerms
	asinTail  = atanTail + atanTerms
)

const (
	expTerms, logTerms, erfTopTerms, erfBottomTerms = 7, 7, 8, 7
	erfcTerms, angleTerms, atanTerms, asinTerms     = 10, 5, 12, 8
)

// lane is one of the vectors in work: its value, which stays, and registers.
type lane struct {
	x, p, t, r, y, k, u, shared reg.VecPhysical
	mask                        reg.OpmaskPhysical
}

// registers is how many vector registers a lane has.
const registers = 8

// inWork is how many vectors are in work at a time.
func (g *gen) inWork() int { return g.Width / 16 }

var masks = [...]reg.OpmaskPhysical{reg.K1, reg.K2, reg.K3, reg.K4}

func (g *gen) lane(i int) lane {
	v := func(j int) reg.VecPhysical { return g.V(registers*i + j) }
	return lane{v(0), v(1), v(2), v(3), v(4), v(5), v(6), v(7), masks[i]}
}

func (g *gen) all(f func(l lane)) {
	for i := range g.inWork() {
		f(g.lane(i))
	}
}

func number(i int) operand.Mem { return emit.At(constants, 64*i) }

// share loads a number into a register for an instruction that needs it in one.
func (g *gen) share(i int) reg.VecPhysical {
	shared := g.lane(0).shared
	g.VMOVUPD(number(i), shared)
	return shared
}

// The predicates of comparisons, false of NaN but for notEqual and notLess.
const (
	equal    = 0
	less     = 1
	notEqual = 4
	notLess  = 5
	greater  = 14
)

// where puts yes into to, where x compares with y, which a register or memory holds, and no
// elsewhere; by is a register to work with.
func (g *gen) where(predicate int, x reg.VecPhysical, y operand.Op, l lane, by reg.VecPhysical, yes operand.Op, no, to reg.VecPhysical) {
	if g.Width == 64 {
		g.VCMPPD(operand.U8(predicate), y, x, l.mask)
		g.VBLENDMPD(yes, no, l.mask, to)
		return
	}
	g.VCMPPD(operand.U8(predicate), y, x, by)
	g.VBLENDVPD(by, yes, no, to)
}

// power computes of e**r = (1+p)*t; r is lost.
func (g *gen) power() {
	limit := g.share(most)
	g.all(func(l lane) { g.VMINPD(l.r, limit, l.r) }) // r of NaN
	limit = g.share(least)
	g.all(func(l lane) { g.VMAXPD(l.r, limit, l.r) })
	g.reduced()
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
}

// reduced computes new p, r and t of e**r = (1+p*r)*t, for r between least and most.
func (g *gen) reduced() {
	g.all(func(l lane) { g.VMOVUPD(number(toInteger), l.t) })
	g.all(func(l lane) { g.VFMADD231PD(number(log2e), l.r, l.t) })
	g.all(func(l lane) { g.VSUBPD(number(toInteger), l.t, l.p) })
	g.all(func(l lane) { g.VFNMADD231PD(number(ln2), l.p, l.r) })
	g.all(func(l lane) { g.VPSLLQ(operand.U8(52), l.t, l.t) })
	g.horner(expTail, expTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
}

// horner evaluates the polynomial of so many terms of x into p.
func (g *gen) horner(first, terms int, of func(l lane) (x, p reg.VecPhysical)) {
	g.all(func(l lane) {
		_, p := of(l)
		g.VMOVUPD(number(first+terms-1), p)
	})
	for i := terms - 2; i >= 0; i-- {
		g.all(func(l lane) {
			x, p := of(l)
			g.VFMADD213PD(number(first+i), x, p)
		})
	}
}

// exp makes p e**r.
func (g *gen) exp() {
	g.power()
	g.all(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.all(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
}

// expm1 makes p e**r - 1.
func (g *gen) expm1() {
	g.power()
	g.all(func(l lane) { g.VSUBPD(number(one), l.t, l.r) })
	g.all(func(l lane) { g.VFMADD213PD(l.r, l.t, l.p) })
}

// ofNegative puts yes into p where x is less than 0, and no elsewhere.
func (g *gen) ofNegative(values func(l lane) (yes, no reg.VecPhysical)) {
	g.all(func(l lane) {
		yes, no := values(l)
		g.where(less, l.x, number(zero), l, l.k, yes, no, l.p)
	})
}

// reciprocal makes u 1/y, for y > 0 of normal size.
func (g *gen) reciprocal() {
	g.all(func(l lane) { g.VMOVUPD(number(reciprocalBits), l.u) })
	g.all(func(l lane) { g.VPSUBQ(l.y, l.u, l.u) })
	for range 2 {
		g.all(func(l lane) { g.VMOVUPD(number(one), l.k) })
		g.all(func(l lane) { g.VFNMADD231PD(l.u, l.y, l.k) })
		g.all(func(l lane) { g.VFMADD213PD(l.k, l.k, l.k) })
		g.all(func(l lane) { g.VFMADD231PD(l.u, l.k, l.u) })
	}
}

// signOf makes p, which is not negative, have the sign of x.
func (g *gen) signOf() {
	g.all(func(l lane) { g.VANDPD(number(sign), l.x, l.t) })
	g.all(func(l lane) { g.VORPD(l.t, l.p, l.p) })
}

func (g *gen) exponential() {
	g.all(func(l lane) { g.VMOVAPD(l.x, l.r) })
	g.exp()
}

func (g *gen) exponentialLess1() {
	limit := g.share(mostFinite)
	g.all(func(l lane) { g.VMINPD(l.x, limit, l.r) })
	g.expm1()
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.p, l.p) })
	g.signOf()
}

func (g *gen) sigmoid() {
	g.all(func(l lane) { g.VXORPD(number(sign), l.x, l.r) })
	g.exp()
	unit := g.share(one)
	g.all(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.p, unit, l.p) })
}

func (g *gen) tanh() {
	g.all(func(l lane) { g.VORPD(number(sign), l.x, l.r) })
	g.all(func(l lane) { g.VADDPD(l.r, l.r, l.r) })
	g.expm1()
	g.all(func(l lane) { g.VXORPD(l.r, l.r, l.r) })
	g.all(func(l lane) { g.VSUBPD(l.p, l.r, l.r) })
	g.all(func(l lane) { g.VADDPD(number(two), l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.p, l.r, l.p) })
	g.signOf()
}

func (g *gen) elu() {
	g.exponential()
	g.all(func(l lane) { g.VCVTPS2PD(g.rounded(l.p), l.p) })
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.ofNegative(func(l lane) (yes, no reg.VecPhysical) { return l.p, l.x })
}

func (g *gen) selu() {
	g.all(func(l lane) { g.VMOVAPD(l.x, l.r) })
	g.expm1()
	g.all(func(l lane) { g.VMULPD(number(seluNegative), l.p, l.p) })
	g.all(func(l lane) { g.VMULPD(number(seluPositive), l.x, l.t) })
	g.ofNegative(func(l lane) (yes, no reg.VecPhysical) { return l.p, l.t })
}

func (g *gen) softsign() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.p) })
	g.all(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.p, l.x, l.p) })
}

func (g *gen) cube() {
	g.all(func(l lane) { g.VMULPD(l.x, l.x, l.p) })
	g.all(func(l lane) { g.VMULPD(l.x, l.p, l.p) })
}

func (g *gen) softplus() {
	g.all(func(l lane) { g.VORPD(number(sign), l.x, l.r) })
	g.exp()
	g.all(func(l lane) { g.VADDPD(number(two), l.p, l.t) })
	g.all(func(l lane) { g.VDIVPD(l.t, l.p, l.t) })
	g.all(func(l lane) { g.VMULPD(l.t, l.t, l.r) })
	g.horner(logTail, logTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.all(func(l lane) { g.VXORPD(l.y, l.y, l.y) })
	g.all(func(l lane) { g.VMAXPD(l.x, l.y, l.y) }) // x of NaN
	g.all(func(l lane) { g.VFMADD213PD(l.y, l.t, l.p) })
}

// parts makes k and p the exponent and the fraction of y.
func (g *gen) parts() {
	g.all(func(l lane) { g.VPADDQ(number(toExponent), l.y, l.t) })
	g.all(func(l lane) { g.VPSRLQ(operand.U8(52), l.t, l.k) })
	g.all(func(l lane) { g.VORPD(number(wholeBits), l.k, l.k) })
	g.all(func(l lane) { g.VSUBPD(number(wholeValue), l.k, l.k) })
	g.all(func(l lane) { g.VANDPD(number(fractionMask), l.t, l.t) })
	g.all(func(l lane) { g.VPADDQ(number(sqrtHalfBits), l.t, l.p) })
}

// log makes p k*ln2 + log(1+p), and what a logarithm is of y that has none.
func (g *gen) log() {
	g.all(func(l lane) { g.VADDPD(number(two), l.p, l.t) })
	g.all(func(l lane) { g.VDIVPD(l.t, l.p, l.t) })
	g.all(func(l lane) { g.VMULPD(l.t, l.t, l.r) })
	g.horner(logTail, logTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.all(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
	g.all(func(l lane) { g.VFMADD231PD(number(ln2), l.k, l.p) })
	g.all(func(l lane) { g.where(less, l.y, number(infinity), l, l.t, l.p, l.y, l.p) })
	infinite := g.share(minusInfinity)
	g.all(func(l lane) { g.where(equal, l.y, number(zero), l, l.t, infinite, l.p, l.p) })
	nan := g.share(notANumber)
	g.all(func(l lane) { g.where(less, l.y, number(zero), l, l.t, nan, l.p, l.p) })
}

func (g *gen) logarithm() {
	g.all(func(l lane) { g.VMOVAPD(l.x, l.y) })
	g.parts()
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.log()
}

func (g *gen) logarithmOf1More() {
	g.log1p(func(l lane) reg.VecPhysical { return l.x })
	g.absolutely()
	g.signOf()
}

// absolutely clears the sign of p.
func (g *gen) absolutely() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.p, l.p) })
}

// log1p makes p log(1 + v).
func (g *gen) log1p(v func(l lane) reg.VecPhysical) {
	g.all(func(l lane) { g.VADDPD(number(one), v(l), l.y) })
	g.parts()
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.all(func(l lane) { g.where(equal, l.k, number(zero), l, l.t, v(l), l.p, l.p) })
	g.log()
}

func (g *gen) arcTangentOfHyperbola() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.r) })
	unit := g.share(one)
	g.all(func(l lane) { g.VSUBPD(l.r, unit, l.t) })
	g.all(func(l lane) { g.VADDPD(l.r, l.r, l.r) })
	g.all(func(l lane) { g.VDIVPD(l.t, l.r, l.u) })
	g.log1p(func(l lane) reg.VecPhysical { return l.u })
	g.all(func(l lane) { g.VMULPD(number(half), l.p, l.p) })
	g.absolutely()
	g.signOf()
}

func (g *gen) hyperbolicSine() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.r) })
	limit := g.share(mostFinite)
	g.all(func(l lane) { g.VMINPD(l.r, limit, l.r) })
	g.expm1()
	g.all(func(l lane) { g.VADDPD(number(one), l.p, l.t) })
	g.all(func(l lane) { g.VDIVPD(l.t, l.p, l.t) })
	g.all(func(l lane) { g.VADDPD(l.p, l.t, l.p) })
	g.all(func(l lane) { g.VMULPD(number(half), l.p, l.p) })
	g.absolutely()
	g.signOf()
}

func (g *gen) hyperbolicCosine() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.r) })
	g.exp()
	unit := g.share(one)
	g.all(func(l lane) { g.VDIVPD(l.p, unit, l.t) })
	g.all(func(l lane) { g.VADDPD(l.p, l.t, l.p) })
	g.all(func(l lane) { g.VMULPD(number(half), l.p, l.p) })
}

// arcTangent makes p the arc tangent of u.
func (g *gen) arcTangent() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.u, l.y) })
	unit := g.share(one)
	g.all(func(l lane) { g.VDIVPD(l.y, unit, l.r) })
	g.all(func(l lane) { g.where(less, unit, l.y, l, l.t, l.r, l.y, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.r, l.t) })
	g.horner(atanTail, atanTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
	quarter := g.share(halfPi)
	g.all(func(l lane) { g.VSUBPD(l.p, quarter, l.r) })
	unit = g.share(one)
	g.all(func(l lane) { g.where(less, unit, l.y, l, l.t, l.r, l.p, l.p) })
	g.absolutely()
	g.all(func(l lane) { g.VANDPD(number(sign), l.u, l.t) })
	g.all(func(l lane) { g.VORPD(l.t, l.p, l.p) })
}

func (g *gen) ofTangent() {
	g.all(func(l lane) { g.VMOVAPD(l.x, l.u) })
	g.arcTangent()
}

// arcSine makes p the arc sine of y = |x| or, where y is above a half, of sqrt((1-y)/2).
func (g *gen) arcSine() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.y) })
	unit := g.share(one)
	g.all(func(l lane) { g.VSUBPD(l.y, unit, l.r) })
	g.all(func(l lane) { g.VMULPD(number(half), l.r, l.r) })
	g.all(func(l lane) { g.VSQRTPD(l.r, l.u) })
	g.all(func(l lane) { g.VMULPD(l.y, l.y, l.t) })
	limit := g.share(half)
	g.all(func(l lane) { g.where(less, limit, l.y, l, l.k, l.r, l.t, l.t) })
	g.all(func(l lane) { g.where(less, limit, l.y, l, l.k, l.u, l.y, l.u) })
	g.horner(asinTail, asinTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.all(func(l lane) { g.VMULPD(l.u, l.p, l.p) })
}

func (g *gen) ofSine() {
	g.arcSine()
	quarter := g.share(halfPi)
	g.all(func(l lane) { g.VADDPD(l.p, l.p, l.r) })
	g.all(func(l lane) { g.VSUBPD(l.r, quarter, l.r) })
	limit := g.share(half)
	g.all(func(l lane) { g.where(less, limit, l.y, l, l.k, l.r, l.p, l.p) })
	g.absolutely()
	g.signOf()
}

func (g *gen) ofCosine() {
	g.arcSine()
	g.all(func(l lane) { g.VANDPD(number(sign), l.x, l.r) })
	g.all(func(l lane) { g.VXORPD(l.p, l.r, l.r) })
	quarter := g.share(halfPi)
	g.all(func(l lane) { g.VSUBPD(l.r, quarter, l.r) })
	g.all(func(l lane) { g.VADDPD(l.p, l.p, l.p) })
	turn := g.share(pi)
	g.all(func(l lane) { g.VSUBPD(l.p, turn, l.t) })
	g.ofNegative(func(l lane) (yes, no reg.VecPhysical) { return l.t, l.p })
	limit := g.share(half)
	g.all(func(l lane) { g.where(less, limit, l.y, l, l.k, l.p, l.r, l.p) })
}

func (g *gen) hyperbolicSineInverse() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.r, l.t) })
	g.all(func(l lane) { g.VADDPD(number(one), l.t, l.u) })
	g.all(func(l lane) { g.VSQRTPD(l.u, l.u) })
	g.all(func(l lane) { g.VADDPD(number(one), l.u, l.u) })
	g.all(func(l lane) { g.VDIVPD(l.u, l.t, l.t) })
	g.all(func(l lane) { g.VMINPD(l.r, l.t, l.t) }) // r where t is NaN
	g.all(func(l lane) { g.VADDPD(l.r, l.t, l.u) })
	g.log1p(func(l lane) reg.VecPhysical { return l.u })
	g.absolutely()
	g.signOf()
}

func (g *gen) hyperbolicCosineInverse() {
	g.all(func(l lane) { g.VSUBPD(number(one), l.x, l.t) })
	g.all(func(l lane) { g.VMULPD(l.t, l.t, l.r) })
	g.all(func(l lane) { g.VADDPD(l.t, l.t, l.u) })
	g.all(func(l lane) { g.VADDPD(l.u, l.r, l.u) })
	g.all(func(l lane) { g.VSQRTPD(l.u, l.u) })
	g.all(func(l lane) { g.VADDPD(l.t, l.u, l.u) })
	g.log1p(func(l lane) reg.VecPhysical { return l.u })
	nan := g.share(notANumber)
	g.all(func(l lane) { g.where(less, l.x, number(one), l, l.t, nan, l.p, l.p) })
}

// angle makes p that of the point (u, x).
func (g *gen) angle() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.y) })
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.u, l.r) })
	g.all(func(l lane) { g.VMAXPD(l.r, l.y, l.k) })
	g.all(func(l lane) { g.VMINPD(l.r, l.y, l.t) })
	g.all(func(l lane) { g.VDIVPD(l.k, l.t, l.r) })
	unit := g.share(one)
	g.all(func(l lane) { g.where(equal, l.t, l.k, l, l.p, unit, l.r, l.r) })
	nothing := g.share(zero)
	g.all(func(l lane) { g.where(equal, l.t, nothing, l, l.p, nothing, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.r, l.t) })
	g.horner(atanTail, atanTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.u, l.k) })
	quarter := g.share(halfPi)
	g.all(func(l lane) { g.VSUBPD(l.p, quarter, l.r) })
	g.all(func(l lane) { g.where(less, l.k, l.y, l, l.t, l.r, l.p, l.p) })
	turn := g.share(pi)
	g.all(func(l lane) { g.VSUBPD(l.p, turn, l.r) })
	g.all(func(l lane) { g.whereSign(l, l.u, l.r, l.p, l.p) })
	g.signOf()
	nan := g.share(notANumber)
	g.all(func(l lane) { g.where(unordered, l.x, l.u, l, l.t, nan, l.p, l.p) })
}

// whereSign puts yes into to where the sign of by is set, and no elsewhere.
func (g *gen) whereSign(l lane, by, yes, no, to reg.VecPhysical) {
	if g.Width == 64 {
		g.VPMOVQ2M(by, l.mask)
		g.VBLENDMPD(yes, no, l.mask, to)
		return
	}
	g.VBLENDVPD(by, yes, no, to)
}

// timesX multiplies p by x; it makes that 0 where x is.
func (g *gen) timesX() {
	g.all(func(l lane) { g.VMULPD(l.x, l.p, l.p) })
	nothing := g.share(zero)
	g.all(func(l lane) { g.where(equal, l.x, nothing, l, l.t, nothing, l.p, l.p) })
}

func (g *gen) timesLog() {
	g.all(func(l lane) { g.VMOVAPD(l.u, l.y) })
	g.parts()
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.log()
	g.timesX()
}

func (g *gen) timesLog1p() {
	g.log1p(func(l lane) reg.VecPhysical { return l.u })
	g.absolutely()
	g.all(func(l lane) { g.VANDPD(number(sign), l.u, l.t) })
	g.all(func(l lane) { g.VORPD(l.t, l.p, l.p) })
	g.timesX()
}

// remainder makes p what is left of x when u is taken from it a whole number of times.
func (g *gen) remainder() {
	g.all(func(l lane) { g.VDIVPD(l.u, l.x, l.r) })
	g.all(func(l lane) { g.truncate(l.r, l.r) })
	g.all(func(l lane) { g.VMOVAPD(l.x, l.p) })
	g.all(func(l lane) { g.VFNMADD231PD(l.u, l.r, l.p) })
	g.absolutely()
	g.signOf()
}

func (g *gen) remainderOfFloor() {
	g.remainder()
	g.all(func(l lane) { g.VADDPD(l.u, l.p, l.r) })
	g.all(func(l lane) { g.VXORPD(l.u, l.p, l.t) })
	g.all(func(l lane) { g.whereSign(l, l.t, l.r, l.p, l.r) })
	nothing := g.share(zero)
	g.all(func(l lane) { g.where(equal, l.p, nothing, l, l.y, l.p, l.r, l.p) })
}

func (g *gen) complementOfErf() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.y) })
	limit := g.share(erfcMost)
	g.all(func(l lane) { g.VMINPD(l.y, limit, l.y) }) // y of NaN
	g.all(func(l lane) { g.VMOVUPD(number(zero), l.r) })
	g.all(func(l lane) { g.VFNMADD231PD(l.y, l.y, l.r) })
	scale := g.share(erfcScale)
	g.all(func(l lane) { g.VFMADD213PD(number(one), scale, l.y) })
	g.reciprocal()
	g.reduced()
	g.all(func(l lane) { g.VFMADD213PD(number(one), l.r, l.p) })
	g.horner(erfcTail, erfcTerms, func(l lane) (x, p reg.VecPhysical) { return l.u, l.r })
	g.all(func(l lane) { g.VMULPD(l.u, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
	g.all(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
	all := g.share(two)
	g.all(func(l lane) { g.VSUBPD(l.p, all, l.r) })
	g.ofNegative(func(l lane) (yes, no reg.VecPhysical) { return l.r, l.p })
}

// raise makes p x to the power of u.
func (g *gen) raise() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.y) })
	g.parts()
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.log()
	g.all(func(l lane) { g.VMULPD(l.u, l.p, l.r) })
	nothing := g.share(zero)
	g.all(func(l lane) { g.where(equal, l.p, nothing, l, l.t, nothing, l.r, l.r) })
	g.all(func(l lane) { g.where(equal, l.u, nothing, l, l.t, nothing, l.r, l.r) })
	g.exp()
	// Odd numbers are whole, and their halves are not: k is the sign of x for those.
	g.all(func(l lane) { g.truncate(l.u, l.y) })
	g.all(func(l lane) { g.VMULPD(number(half), l.u, l.r) })
	g.all(func(l lane) { g.truncate(l.r, l.t) })
	g.all(func(l lane) { g.VANDPD(number(sign), l.x, l.k) })
	nothing = g.share(zero)
	g.all(func(l lane) { g.where(equal, l.t, l.r, l, l.t, nothing, l.k, l.k) })
	g.all(func(l lane) { g.where(equal, l.u, l.y, l, l.t, l.k, nothing, l.k) })
	g.all(func(l lane) { g.VXORPD(l.k, l.p, l.p) })
	// A negative finite number has no power that is not whole.
	nan := g.share(notANumber)
	g.all(func(l lane) { g.where(equal, l.u, l.y, l, l.t, l.p, nan, l.r) })
	g.all(func(l lane) { g.where(less, l.x, number(zero), l, l.t, l.r, l.p, l.r) })
	g.all(func(l lane) { g.where(equal, l.x, number(minusInfinity), l, l.t, l.p, l.r, l.p) })
	g.all(func(l lane) { g.VMULPD(l.x, l.x, l.r) })
	g.all(func(l lane) { g.where(equal, l.u, number(two), l, l.t, l.r, l.p, l.p) })
	g.all(func(l lane) { g.VMULPD(l.x, l.r, l.r) })
	g.all(func(l lane) { g.where(equal, l.u, number(three), l, l.t, l.r, l.p, l.p) })
}

// truncate makes to x without its fraction.
func (g *gen) truncate(x, to reg.VecPhysical) {
	if g.Width == 64 {
		g.VRNDSCALEPD(operand.U8(truncate), x, to)
		return
	}
	g.VROUNDPD(operand.U8(truncate), x, to)
}

func (g *gen) erf() {
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.y) })
	limit := g.share(erfMost)
	g.all(func(l lane) { g.VMINPD(l.y, limit, l.y) }) // y of NaN
	g.all(func(l lane) { g.VMULPD(l.y, l.y, l.t) })
	g.horner(erfTop, erfTopTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.horner(erfBottom, erfBottomTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.r })
	g.all(func(l lane) { g.VMULPD(l.y, l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.r, l.p, l.p) })
	g.signOf()
}

func (g *gen) sine()   { g.quarter(false) }
func (g *gen) cosine() { g.quarter(true) }

// turned makes p and y the sine and the cosine of x less the nearest multiple of pi/2, and k
// which multiple, in the lowest bits.
func (g *gen) turned() {
	g.all(func(l lane) { g.VMOVUPD(number(toWhole), l.k) })
	g.all(func(l lane) { g.VFMADD231PD(number(twoByPi), l.x, l.k) })
	g.all(func(l lane) { g.VSUBPD(number(toWhole), l.k, l.t) })
	g.all(func(l lane) { g.VMOVAPD(l.x, l.r) })
	g.all(func(l lane) { g.VFNMADD231PD(number(halfPi), l.t, l.r) })
	g.all(func(l lane) { g.VFNMADD231PD(number(halfPiRest), l.t, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.r, l.t) })
	g.horner(sinTail, angleTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.horner(cosTail, angleTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.y })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
}

// odd puts yes into to where the lowest bit of k is set, and no elsewhere; t changes.
func (g *gen) odd(l lane, yes, no, to reg.VecPhysical) {
	g.VPSLLQ(operand.U8(63), l.k, l.t)
	g.whereSign(l, l.t, yes, no, to)
}

// quarter makes p the sine, or the cosine, of x.
func (g *gen) quarter(cosine bool) {
	g.turned()
	if cosine {
		g.all(func(l lane) { g.VPADDQ(number(unit), l.k, l.k) })
	}
	g.all(func(l lane) { g.odd(l, l.y, l.p, l.p) })
	g.all(func(l lane) { g.VPSLLQ(operand.U8(62), l.k, l.k) })
	g.all(func(l lane) { g.VANDPD(number(sign), l.k, l.k) })
	g.all(func(l lane) { g.VXORPD(l.k, l.p, l.p) })
}

func (g *gen) tangent() {
	g.turned()
	g.all(func(l lane) { g.odd(l, l.y, l.p, l.r) })
	g.all(func(l lane) { g.odd(l, l.p, l.y, l.y) })
	g.all(func(l lane) { g.VDIVPD(l.y, l.r, l.p) })
	g.all(func(l lane) { g.VPSLLQ(operand.U8(63), l.k, l.k) })
	g.all(func(l lane) { g.VXORPD(l.k, l.p, l.p) })
}

// function is a primitive that computes p of x, and of y[i] in u if it is binary.
type function struct {
	name, doc string
	compute   func(g *gen)
	binary    bool
	shifted   bool // x is taken less the call's sub
}

var functions = []function{
	{"exp", "e ** (x[i] - sub)", (*gen).exponential, false, true},
	{"expm1", "e**x[i] - 1", (*gen).exponentialLess1, false, false},
	{"log", "the natural logarithm of x[i]", (*gen).logarithm, false, false},
	{"log1p", "log(1 + x[i])", (*gen).logarithmOf1More, false, false},
	{"power", "x[i] ** y[i]", (*gen).raise, true, false},
	{"cube", "x[i] * x[i] * x[i]", (*gen).cube, false, false},
	{"sigmoid", "1 / (1 + e**-x[i])", (*gen).sigmoid, false, false},
	{"tanh", "tanh(x[i])", (*gen).tanh, false, false},
	{"elu", "x[i], or f32(e**x[i]) - 1 if that is less than 0", (*gen).elu, false, false},
	{"selu", "1.0507 * x[i], or 1.7581 * (e**x[i] - 1) if that is less than 0", (*gen).selu, false, false},
	{"softplus", "log(1 + e**x[i])", (*gen).softplus, false, false},
	{"softsign", "x[i] / (1 + |x[i]|)", (*gen).softsign, false, false},
	{"erf", "erf(x[i])", (*gen).erf, false, false},
	{"erfc", "1 - erf(x[i])", (*gen).complementOfErf, false, false},
	{"atan", "the arc tangent of x[i]", (*gen).ofTangent, false, false},
	{"asin", "the arc sine of x[i]", (*gen).ofSine, false, false},
	{"acos", "the arc cosine of x[i]", (*gen).ofCosine, false, false},
	{"atanh", "the inverse hyperbolic tangent of x[i]", (*gen).arcTangentOfHyperbola, false, false},
	{"asinh", "the inverse hyperbolic sine of x[i]", (*gen).hyperbolicSineInverse, false, false},
	{"acosh", "the inverse hyperbolic cosine of x[i]", (*gen).hyperbolicCosineInverse, false, false},
	{"atan2", "the angle of the point (y[i], x[i])", (*gen).angle, true, false},
	{"xlogy", "x[i] * log(y[i]), 0 where x[i] is 0", (*gen).timesLog, true, false},
	{"xlog1py", "x[i] * log(1 + y[i]), 0 where x[i] is 0", (*gen).timesLog1p, true, false},
	{"truncatemod", "x[i] - trunc(x[i]/y[i])*y[i], |x[i]/y[i]| < 2**28", (*gen).remainder, true, false},
	{"floormod", "x[i] - floor(x[i]/y[i])*y[i], |x[i]/y[i]| < 2**28", (*gen).remainderOfFloor, true, false},
	{"sinh", "the hyperbolic sine of x[i]", (*gen).hyperbolicSine, false, false},
	{"cosh", "the hyperbolic cosine of x[i]", (*gen).hyperbolicCosine, false, false},
	{"tan", "tan(x[i]), |x[i]| <= 2**28", (*gen).tangent, false, false},
	{"sin", "sin(x[i]), |x[i]| <= 2**28", (*gen).sine, false, false},
	{"cos", "cos(x[i]), |x[i]| <= 2**28", (*gen).cosine, false, false},
}

// routine takes 32 elements in each round.
func (f function) routine(width int) emit.Routine {
	const size = 32
	name := fmt.Sprintf("elementwise_f32_%s_%d_%s", f.name, size, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s, as internal/activation does",
			name, size, f.doc),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			if f.binary {
				g.MOVQ(field("y"), y)
			}
			g.MOVQ(field("n"), n)
			g.MOVQ(field("constants"), constants)
			g.Label("next")
			floats := width / 8
			for i := 0; i < size; i += g.inWork() * floats {
				f.load(g, i)
				f.compute(g)
				at := i
				g.all(func(l lane) {
					g.narrow(l.p, emit.At(out, 4*at))
					at += floats
				})
			}
			g.ADDQ(operand.I32(size*4), x)
			if f.binary {
				g.ADDQ(operand.I32(size*4), y)
			}
			g.ADDQ(operand.I32(size*4), out)
			g.SUBQ(operand.I8(size), n)
			g.JG(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// narrow stores float64 as float32.
func (g *gen) narrow(v reg.VecPhysical, to operand.Mem) { g.VMOVUPS(g.rounded(v), to) }

// rounded makes float64 float32, in the lower half of the register.
func (g *gen) rounded(v reg.VecPhysical) reg.VecPhysical {
	if g.Width == 64 {
		g.VCVTPD2PS(v, emit.Y(v))
		return emit.Y(v)
	}
	g.VCVTPD2PSY(v, emit.X(v))
	return emit.X(v)
}

// load takes vectors of elements from number i on.
func (f function) load(g *gen, i int) {
	narrow := func(v reg.VecPhysical) reg.VecPhysical { return emit.Vector(int(v.PhysicalIndex()), g.Width/2) }
	sub := narrow(g.lane(0).shared)
	if f.shifted {
		g.VBROADCASTSS(field("sub"), sub)
	}
	g.all(func(l lane) {
		switch {
		case f.shifted:
			g.VMOVUPS(emit.At(x, 4*i), narrow(l.x))
			g.VSUBPS(sub, narrow(l.x), narrow(l.x))
			g.VCVTPS2PD(narrow(l.x), l.x)
		case f.binary:
			g.VCVTPS2PD(emit.At(y, 4*i), l.u)
			g.VCVTPS2PD(emit.At(x, 4*i), l.x)
		default:
			g.VCVTPS2PD(emit.At(x, 4*i), l.x)
		}
		i += g.Width / 8
	})
}
