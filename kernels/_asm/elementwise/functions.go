package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The functions of package core/activation, four elements in a vector of float64, two
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

// lane is one of the two vectors in work: its value, and registers.
type lane struct{ x, w, r, p, t, u reg.VecPhysical }

// shared holds a constant for both lanes.
var shared = reg.Y14

func (g *gen) both(f func(l lane)) {
	for i := range 2 {
		v := func(slot int) reg.VecPhysical { return g.v(7*i + slot) }
		f(lane{v(0), v(1), v(2), v(3), v(4), v(5)})
	}
}

func number(i int) operand.Mem { return at(constants, 32*i) }

func (g *gen) share(i int) { g.VMOVUPD(number(i), shared) }

// power computes of e**x = (1+p)*t. It uses r.
func (g *gen) power() {
	g.share(most)
	g.both(func(l lane) { g.VMINPD(l.x, shared, l.x) }) // x of NaN
	g.share(least)
	g.both(func(l lane) { g.VMAXPD(l.x, shared, l.x) })
	g.both(func(l lane) { g.VMULPD(number(log2e), l.x, l.t) })
	g.both(func(l lane) { g.VADDPD(number(toInteger), l.t, l.t) })
	g.both(func(l lane) { g.VSUBPD(number(toInteger), l.t, l.r) })
	g.both(func(l lane) { g.VMULPD(number(ln2Hi), l.r, l.p) })
	g.both(func(l lane) { g.VSUBPD(l.p, l.x, l.x) })
	g.both(func(l lane) { g.VMULPD(number(ln2Lo), l.r, l.p) })
	g.both(func(l lane) { g.VSUBPD(l.p, l.x, l.r) })
	g.both(func(l lane) { g.VPSLLQ(operand.U8(52), l.t, l.t) })
	g.horner(expTail, expTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.both(func(l lane) { g.VMULPD(l.r, l.p, l.p) })
}

// horner evaluates the polynomial of so many terms of x into p.
func (g *gen) horner(first, terms int, of func(l lane) (x, p reg.VecPhysical)) {
	for i := terms - 1; i >= 1; i-- {
		g.both(func(l lane) {
			x, p := of(l)
			if i == terms-1 {
				g.VMULPD(number(first+i), x, p)
				return
			}
			g.VMULPD(x, p, p)
		})
		g.both(func(l lane) {
			_, p := of(l)
			g.VADDPD(number(first+i-1), p, p)
		})
	}
}

// exp makes p e**x.
func (g *gen) exp() {
	g.power()
	g.both(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.both(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
}

// expm1 makes p e**x - 1.
func (g *gen) expm1() {
	g.power()
	g.both(func(l lane) { g.VMULPD(l.t, l.p, l.p) })
	g.both(func(l lane) { g.VSUBPD(number(one), l.t, l.t) })
	g.both(func(l lane) { g.VADDPD(l.t, l.p, l.p) })
}

// keep copies x to w.
func (g *gen) keep() {
	g.both(func(l lane) { g.VMOVAPD(l.x, l.w) })
}

func (g *gen) negate() {
	g.both(func(l lane) { g.VXORPD(number(sign), l.x, l.x) })
}

// absolute makes x its absolute value.
func (g *gen) absolute() {
	g.share(sign)
	g.both(func(l lane) { g.VANDNPD(l.x, shared, l.x) })
}

// below makes t a mask of where w is less than 0.
func (g *gen) below() {
	g.both(func(l lane) { g.VXORPD(l.t, l.t, l.t) })
	g.both(func(l lane) { g.VCMPPD(operand.U8(less), l.t, l.w, l.t) })
}

// less is the predicate of comparisons.
const less = 1

// logistic makes p the quotient of what by 1 + e**x.
func (g *gen) logistic(what func(l lane) reg.VecPhysical) {
	g.exp()
	g.both(func(l lane) { g.VADDPD(number(one), l.p, l.p) })
	g.share(one)
	g.both(func(l lane) { g.VDIVPD(l.p, what(l), l.p) })
}

// exceeds makes p the probability that a normal variable exceeds x >= 0. It uses u.
func (g *gen) exceeds() {
	g.both(func(l lane) { g.VMULPD(number(normalScale), l.x, l.t) })
	g.both(func(l lane) { g.VADDPD(number(one), l.t, l.t) })
	g.share(one)
	g.both(func(l lane) { g.VDIVPD(l.t, shared, l.u) })
	g.both(func(l lane) { g.VMULPD(l.x, l.x, l.x) })
	g.both(func(l lane) { g.VMULPD(number(half), l.x, l.x) })
	g.horner(normalTail, normalTerms, func(l lane) (x, p reg.VecPhysical) { return l.u, l.p })
	g.both(func(l lane) { g.VMULPD(l.u, l.p, l.u) })
	g.negate()
	g.exp()
	g.both(func(l lane) { g.VMULPD(l.u, l.p, l.p) })
}

// complement makes r 1 - p.
func (g *gen) complement() {
	g.share(one)
	g.both(func(l lane) { g.VSUBPD(l.p, shared, l.r) })
}

func (g *gen) sigmoid() {
	g.negate()
	g.logistic(func(lane) reg.VecPhysical { return shared })
}

func (g *gen) swish() {
	g.keep()
	g.negate()
	g.logistic(func(l lane) reg.VecPhysical { return l.w })
}

func (g *gen) tanh() {
	g.share(sign)
	g.both(func(l lane) { g.VANDPD(shared, l.x, l.w) })
	g.both(func(l lane) { g.VORPD(shared, l.x, l.x) })
	g.both(func(l lane) { g.VADDPD(l.x, l.x, l.x) })
	g.expm1()
	g.both(func(l lane) { g.VXORPD(l.r, l.r, l.r) })
	g.both(func(l lane) { g.VSUBPD(l.p, l.r, l.r) })
	g.both(func(l lane) { g.VADDPD(number(two), l.p, l.p) })
	g.both(func(l lane) { g.VDIVPD(l.p, l.r, l.p) })
	g.both(func(l lane) { g.VORPD(l.w, l.p, l.p) })
}

func (g *gen) elu() {
	g.keep()
	g.expm1()
	g.below()
	g.both(func(l lane) { g.VBLENDVPD(l.t, l.p, l.w, l.p) })
}

func (g *gen) softplus() {
	g.keep()
	g.both(func(l lane) { g.VORPD(number(sign), l.x, l.x) })
	g.exp()
	g.both(func(l lane) { g.VADDPD(number(two), l.p, l.t) })
	g.both(func(l lane) { g.VDIVPD(l.t, l.p, l.u) })
	g.both(func(l lane) { g.VMULPD(l.u, l.u, l.r) })
	g.horner(logTail, logTerms, func(l lane) (x, p reg.VecPhysical) { return l.r, l.p })
	g.both(func(l lane) { g.VMULPD(l.u, l.p, l.p) })
	g.both(func(l lane) { g.VXORPD(l.t, l.t, l.t) })
	g.both(func(l lane) { g.VMAXPD(l.w, l.t, l.t) }) // w of NaN
	g.both(func(l lane) { g.VADDPD(l.t, l.p, l.p) })
}

func (g *gen) gelu() {
	g.keep()
	g.absolute()
	g.exceeds()
	g.complement()
	g.below()
	g.both(func(l lane) { g.VBLENDVPD(l.t, l.p, l.r, l.p) })
	g.both(func(l lane) { g.VMULPD(l.w, l.p, l.p) })
}

func (g *gen) geluApproximate() {
	g.keep()
	g.both(func(l lane) { g.VMULPD(l.x, l.x, l.r) })
	g.both(func(l lane) { g.VMULPD(l.x, l.r, l.r) })
	g.both(func(l lane) { g.VMULPD(number(gelu3), l.r, l.r) })
	g.both(func(l lane) { g.VADDPD(l.x, l.r, l.r) })
	g.both(func(l lane) { g.VMULPD(number(gelu1), l.r, l.x) })
	g.negate()
	g.logistic(func(l lane) reg.VecPhysical { return l.w })
}

func (g *gen) erf() {
	g.keep()
	g.absolute()
	g.both(func(l lane) { g.VMULPD(number(sqrt2), l.x, l.x) })
	g.exceeds()
	g.both(func(l lane) { g.VADDPD(l.p, l.p, l.p) })
	g.complement()
	g.share(sign)
	g.both(func(l lane) { g.VANDPD(shared, l.w, l.x) })
	g.both(func(l lane) { g.VORPD(l.x, l.r, l.r) })
	g.both(func(l lane) { g.VMULPD(l.w, l.w, l.u) })
	g.horner(erfSmall, erfTerms, func(l lane) (x, p reg.VecPhysical) { return l.u, l.p })
	g.both(func(l lane) { g.VMULPD(l.w, l.p, l.p) })
	g.both(func(l lane) { g.VANDNPD(l.w, shared, l.x) })
	g.both(func(l lane) { g.VCMPPD(operand.U8(less), number(one), l.x, l.x) })
	g.both(func(l lane) { g.VBLENDVPD(l.x, l.p, l.r, l.p) })
}

// function is a primitive that computes p of x.
type function struct {
	name, doc string
	compute   func(g *gen)
}

var functions = []function{
	{"exp", "e ** (x[i] - sub)", (*gen).exp},
	{"sigmoid", "1 / (1 + e**-x[i])", (*gen).sigmoid},
	{"swish", "x[i] / (1 + e**-x[i])", (*gen).swish},
	{"tanh", "tanh(x[i])", (*gen).tanh},
	{"elu", "x[i], or e**x[i] - 1 if that is less than 0", (*gen).elu},
	{"softplus", "log(1 + e**x[i])", (*gen).softplus},
	{"gelu", "x[i] times the probability that a normal variable is below it", (*gen).gelu},
	{"geluapproximate", "x[i] / (1 + e**-y), y = sqrt(8/pi) * (x[i] + 0.044715 * x[i]**3)", (*gen).geluApproximate},
	{"erf", "erf(x[i])", (*gen).erf},
}

// routine takes 32 elements in each round.
func (f function) routine() emit.Routine {
	const width, floats = 32, 4
	name := fmt.Sprintf("elementwise_f32_%s_%d_avx2", f.name, width)
	return emit.Routine{
		Name: name,
		Doc:  fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s, as core/activation does", name, width, f.doc),
		Build: func(c *build.Context) {
			g := &gen{Context: c, width: width}
			g.MOVQ(operand.NewParamAddr("c", 0), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			g.MOVQ(field("n"), n)
			g.MOVQ(field("constants"), constants)
			g.Label("next")
			for i := 0; i < width; i += 2 * floats {
				f.load(g, i)
				f.compute(g)
				at0 := 4 * i
				g.both(func(l lane) {
					g.VCVTPD2PSY(l.p, l.p.AsX())
					g.VMOVUPS(l.p.AsX(), at(out, at0))
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

// load takes two vectors of elements from number i on.
func (f function) load(g *gen, i int) {
	if f.name == "exp" {
		g.VBROADCASTSS(field("sub"), shared.AsX())
	}
	g.both(func(l lane) {
		if f.name == "exp" {
			g.VMOVUPS(at(x, 4*i), l.x.AsX())
			g.VSUBPS(shared.AsX(), l.x.AsX(), l.x.AsX())
			g.VCVTPS2PD(l.x.AsX(), l.x)
		} else {
			g.VCVTPS2PD(at(x, 4*i), l.x)
		}
		i += 4
	})
}
