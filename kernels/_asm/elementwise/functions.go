package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The functions of package internal/activation, four elements in a vector of float64, four
// vectors in turn. The operations and their order are those of that package.

// constants points to the numbers of activation.Constants, each four times.
var constants = reg.R8

// The numbers of activation.Constants.
const (
	most = iota
	least
	log2e
	toInteger
	ln2Hi
	ln2Lo
	one
	two
	half
	sign
	magnitude
	gelu1
	gelu3
	normalScale
	sqrt2
	expTail
	logTail    = expTail + expTerms
	erfSmall   = logTail + logTerms
	normalTail = erfSmall + erfTerms
)

const expTerms, logTerms, erfTerms, normalTerms = 8, 7, 8, 12

// lane is one of the vectors in work: its value, which stays, and registers.
type lane struct{ x, p, t, r reg.VecPhysical }

// lanes is how many vectors are in work at a time: fewer do not fill the latencies.
const lanes = 4

func (g *gen) lane(i int) lane {
	return lane{g.V(i), g.V(lanes + i), g.V(2*lanes + i), g.V(3*lanes + i)}
}

func (g *gen) all(f func(l lane)) {
	for i := range lanes {
		f(g.lane(i))
	}
}

func number(i int) operand.Mem { return emit.At(constants, 32*i) }

// share loads a number into a register of the last lane that is not in use, for an
// instruction that needs it in a register.
func (g *gen) share(i int, register reg.VecPhysical) reg.VecPhysical {
	g.VMOVUPD(number(i), register)
	return register
}

// power computes of e**r = (1+p)*t; r is lost.
func (g *gen) power() {
	last := g.lane(lanes - 1)
	limit := g.share(most, last.p)
	g.all(func(l lane) { g.VMINPD(l.r, limit, l.r) }) // r of NaN
	limit = g.share(least, last.p)
	g.all(func(l lane) { g.VMAXPD(l.r, limit, l.r) })
	g.all(func(l lane) { g.VMULPD(number(log2e), l.r, l.t) })
	g.all(func(l lane) { g.VADDPD(number(toInteger), l.t, l.t) })
	for _, part := range []int{ln2Hi, ln2Lo} {
		g.all(func(l lane) { g.VSUBPD(number(toInteger), l.t, l.p) })
		g.all(func(l lane) { g.VMULPD(number(part), l.p, l.p) })
		g.all(func(l lane) { g.VSUBPD(l.p, l.r, l.r) })
	}
	g.all(func(l lane) { g.VPSLLQ(operand.U8(52), l.t, l.t) })
	g.horner(expTail, expTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
}

// horner evaluates the polynomial of so many terms of x into p.
func (g *gen) horner(first, terms int, of func(l lane) (x, p reg.VecPhysical)) {
	for i := terms - 1; i >= 1; i-- {
		g.all(func(l lane) {
			x, p := of(l)
			if i == terms-1 {
				g.VMULPD(number(first+i), x, p)
				return
			}
			g.VMULPD(x, p, p)
		})
		g.all(func(l lane) {
			_, p := of(l)
			g.VADDPD(number(first+i-1), p, p)
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
	g.all(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
	g.all(func(l lane) { g.VSUBPD(number(one), l.t, l.t) })
	g.all(func(l lane) { g.VADDPD(l.t, l.p, l.p) })
}

// below makes t a mask of where x is less than 0.
func (g *gen) below() {
	g.all(func(l lane) { g.VXORPD(l.t, l.t, l.t) })
	g.all(func(l lane) { g.VCMPPD(operand.U8(less), l.t, l.x, l.t) })
}

// less is the predicate of comparisons.
const less = 1

// logistic makes p what, x or 1, divided by 1 + e**r.
func (g *gen) logistic(what func(l lane) reg.VecPhysical) {
	g.exp()
	g.all(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.p, what(l), l.p) })
}

// normal makes p the probability that a normal variable exceeds what deviation puts into
// t, at least 0.
func (g *gen) normal(deviation func()) {
	deviation()
	g.all(func(l lane) { g.VMULPD(l.t, l.t, l.r) })
	g.all(func(l lane) { g.VMULPD(number(half), l.r, l.r) })
	g.all(func(l lane) { g.VXORPD(number(sign), l.r, l.r) })
	g.exp()
	deviation()
	g.all(func(l lane) { g.VMULPD(number(normalScale), l.t, l.t) })
	g.all(func(l lane) { g.VADDPD(number(one), l.t, l.t) })
	unit := g.share(one, g.lane(lanes-1).r)
	g.all(func(l lane) { g.VDIVPD(l.t, unit, l.t) })
	g.horner(normalTail, normalTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.r })
	g.all(func(l lane) { g.VMULPD(l.t, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
}

// complement makes r 1 - p.
func (g *gen) complement() {
	unit := g.share(one, g.lane(lanes-1).t)
	g.all(func(l lane) { g.VSUBPD(l.p, unit, l.r) })
}

func (g *gen) exponential() {
	g.all(func(l lane) { g.VMOVAPD(l.x, l.r) })
	g.exp()
}

func (g *gen) sigmoid() {
	g.all(func(l lane) { g.VXORPD(number(sign), l.x, l.r) })
	unit := g.share(one, g.lane(lanes-1).x)
	g.logistic(func(lane) reg.VecPhysical { return unit })
}

func (g *gen) swish() {
	g.all(func(l lane) { g.VXORPD(number(sign), l.x, l.r) })
	g.logistic(func(l lane) reg.VecPhysical { return l.x })
}

func (g *gen) tanh() {
	g.all(func(l lane) { g.VORPD(number(sign), l.x, l.r) })
	g.all(func(l lane) { g.VADDPD(l.r, l.r, l.r) })
	g.expm1()
	g.all(func(l lane) { g.VXORPD(l.r, l.r, l.r) })
	g.all(func(l lane) { g.VSUBPD(l.p, l.r, l.r) })
	g.all(func(l lane) { g.VADDPD(number(two), l.p, l.p) })
	g.all(func(l lane) { g.VDIVPD(l.p, l.r, l.p) })
	g.all(func(l lane) { g.VANDPD(number(sign), l.x, l.x) })
	g.all(func(l lane) { g.VORPD(l.x, l.p, l.p) })
}

func (g *gen) elu() {
	g.exponential()
	g.all(func(l lane) { g.VCVTPD2PSY(l.p, l.p.AsX()) })
	g.all(func(l lane) { g.VCVTPS2PD(l.p.AsX(), l.p) })
	g.all(func(l lane) { g.VSUBPD(number(one), l.p, l.p) })
	g.below()
	g.all(func(l lane) { g.VBLENDVPD(l.t, l.p, l.x, l.p) })
}

func (g *gen) softplus() {
	g.all(func(l lane) { g.VORPD(number(sign), l.x, l.r) })
	g.exp()
	g.all(func(l lane) { g.VADDPD(number(two), l.p, l.t) })
	g.all(func(l lane) { g.VDIVPD(l.t, l.p, l.t) })
	g.all(func(l lane) { g.VMULPD(l.t, l.t, l.r) })
	g.horner(logTail, logTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.all(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
	g.all(func(l lane) { g.VXORPD(l.t, l.t, l.t) })
	g.all(func(l lane) { g.VMAXPD(l.x, l.t, l.t) }) // x of NaN
	g.all(func(l lane) { g.VADDPD(l.t, l.p, l.p) })
}

func (g *gen) gelu() {
	g.normal(func() {
		g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.t) })
	})
	g.complement()
	g.below()
	g.all(func(l lane) { g.VBLENDVPD(l.t, l.p, l.r, l.p) })
	g.all(func(l lane) { g.VMULPD(l.x, l.p, l.p) })
}

func (g *gen) geluApproximate() {
	g.all(func(l lane) { g.VMULPD(l.x, l.x, l.r) })
	g.all(func(l lane) { g.VMULPD(l.x, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(number(gelu3), l.r, l.r) })
	g.all(func(l lane) { g.VADDPD(l.x, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(number(gelu1), l.r, l.r) })
	g.all(func(l lane) { g.VXORPD(number(sign), l.r, l.r) })
	g.logistic(func(l lane) reg.VecPhysical { return l.x })
}

func (g *gen) erf() {
	g.normal(func() {
		g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.t) })
		g.all(func(l lane) { g.VMULPD(number(sqrt2), l.t, l.t) })
	})
	g.all(func(l lane) { g.VADDPD(l.p, l.p, l.p) })
	g.complement()
	g.all(func(l lane) { g.VANDPD(number(sign), l.x, l.t) })
	g.all(func(l lane) { g.VORPD(l.t, l.r, l.r) })
	g.all(func(l lane) { g.VMULPD(l.x, l.x, l.t) })
	g.horner(erfSmall, erfTerms, func(l lane) (x, p reg.VecPhysical) { return l.t, l.p })
	g.all(func(l lane) { g.VMULPD(l.x, l.p, l.p) })
	g.all(func(l lane) { g.VANDPD(number(magnitude), l.x, l.t) })
	g.all(func(l lane) { g.VCMPPD(operand.U8(less), number(one), l.t, l.t) })
	g.all(func(l lane) { g.VBLENDVPD(l.t, l.p, l.r, l.p) })
}

func (g *gen) rsqrt() {
	g.all(func(l lane) { g.VSQRTPD(l.x, l.r) })
	unit := g.share(one, g.lane(0).t)
	g.all(func(l lane) { g.VDIVPD(l.r, unit, l.p) })
}

// function is a primitive that computes p of x.
type function struct {
	name, doc string
	compute   func(g *gen)
}

var functions = []function{
	{"exp", "e ** (x[i] - sub)", (*gen).exponential},
	{"sigmoid", "1 / (1 + e**-x[i])", (*gen).sigmoid},
	{"swish", "x[i] / (1 + e**-x[i])", (*gen).swish},
	{"tanh", "tanh(x[i])", (*gen).tanh},
	{"elu", "x[i], or f32(e**x[i]) - 1 if that is less than 0", (*gen).elu},
	{"softplus", "log(1 + e**x[i])", (*gen).softplus},
	{"gelu", "x[i] times the probability that a normal variable is below it", (*gen).gelu},
	{"geluapproximate", "x[i] / (1 + e**-y), y = sqrt(8/pi) * (x[i] + 0.044715 * x[i]**3)", (*gen).geluApproximate},
	{"erf", "erf(x[i])", (*gen).erf},
	{"rsqrt", "1 / sqrt(x[i])", (*gen).rsqrt},
}

// routine takes 32 elements in each round.
func (f function) routine() emit.Routine {
	const width, floats = 32, 4
	name := fmt.Sprintf("elementwise_f32_%s_%d_avx2", f.name, width)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s, as internal/activation does",
			name, width, f.doc),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			g.MOVQ(field("n"), n)
			g.MOVQ(field("constants"), constants)
			g.Label("next")
			for i := 0; i < width; i += lanes * floats {
				f.load(g, i)
				f.compute(g)
				at0 := 4 * i
				g.all(func(l lane) {
					g.VCVTPD2PSY(l.p, l.p.AsX())
					g.VMOVUPS(l.p.AsX(), emit.At(out, at0))
					at0 += 4 * floats
				})
			}
			g.ADDQ(operand.I32(width*4), x)
			g.ADDQ(operand.I32(width*4), out)
			g.SUBQ(operand.I8(width), n)
			g.JG(operand.LabelRef("next"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

// load takes vectors of elements from number i on.
func (f function) load(g *gen, i int) {
	sub := g.lane(lanes - 1).r.AsX()
	if f.name == "exp" {
		g.VBROADCASTSS(field("sub"), sub)
	}
	g.all(func(l lane) {
		if f.name == "exp" {
			g.VMOVUPS(emit.At(x, 4*i), l.x.AsX())
			g.VSUBPS(sub, l.x.AsX(), l.x.AsX())
			g.VCVTPS2PD(l.x.AsX(), l.x)
		} else {
			g.VCVTPS2PD(emit.At(x, 4*i), l.x)
		}
		i += 4
	})
}
