package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The general registers.
var call, out, x, y, n = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX

// vectors is how many vectors of float32 each round takes: as many elements as a vector
// has bytes.
const vectors = 4

// gen is one routine being generated: its vectors are width bytes long. Registers 0 to
// 3 hold the values of a round, those from 8 on constants.
type gen struct {
	*build.Context
	width int
}

func (g *gen) lanes() int { return g.width / 4 }

// v returns vector register i at the width of the routine.
func (g *gen) v(i int) reg.VecPhysical {
	if g.width == 64 {
		return xmm[i].AsZ().(reg.VecPhysical)
	}
	return xmm[i].AsY().(reg.VecPhysical)
}

var xmm = []reg.VecPhysical{
	reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
	reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
}

func tmp(g *gen) reg.VecPhysical { return g.v(4) }

func field(name string) operand.Mem {
	at, ok := offsets[name]
	if !ok {
		panic(name)
	}
	return operand.Mem{Base: call, Disp: at}
}

func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// constants fills registers 8 and following with fields of the call.
func (g *gen) constants(names ...string) {
	for i, name := range names {
		g.VBROADCASTSS(field(name), g.v(8+i))
	}
}

func (g *gen) each(f func(v reg.VecPhysical)) {
	for i := range vectors {
		f(g.v(i))
	}
}

func (g *gen) loadFloats() {
	for i := range vectors {
		g.VMOVUPS(at(x, i*g.width), g.v(i))
	}
}

func (g *gen) storeWords() {
	for i := range vectors {
		g.VMOVUPS(g.v(i), at(out, i*g.width))
	}
}

// clamp limits v to registers 8 and 9. A NaN is replaced by the second source.
func (g *gen) clamp(v reg.VecPhysical) {
	g.VMAXPS(g.v(8), v, v)
	g.VMINPS(g.v(9), v, v)
}

// The predicates of comparisons.
const (
	unordered = 3
	ordered   = 7
)

// zeroNaN makes NaNs of v 0.
func (g *gen) zeroNaN(v reg.VecPhysical) {
	if g.width == 64 {
		g.VCMPPS(operand.U8(ordered), v, v, reg.K1)
		g.VMOVUPS_Z(v, reg.K1, v)
		return
	}
	g.VCMPPS(operand.U8(ordered), v, v, tmp(g))
	g.VANDPS(tmp(g), v, v)
}

// doublewords fills register i with an immediate.
func (g *gen) doublewords(i int, v uint32) {
	g.MOVL(operand.U32(v), reg.EAX)
	g.VMOVD(reg.EAX, xmm[i])
	g.VBROADCASTSS(xmm[i], g.v(i))
}

// beforeHalf is the greatest float32 less than 1/2: added to a number and truncated it
// rounds that, where 1/2 itself would take what lies just below 1/2 to 1.
const beforeHalf = 0x1.fffffep-2

// truncate is the rounding mode toward zero, without an exception for fractions.
const truncate = 8 | 3

// roundAway adds beforeHalf, in register 9, with the sign of v, and truncates; register 8
// holds the bit of the sign.
func (g *gen) roundAway(v reg.VecPhysical) {
	half := tmp(g)
	if g.width == 64 {
		g.VPANDD(g.v(8), v, half)
		g.VPORD(g.v(9), half, half)
		g.VADDPS(half, v, v)
		g.VRNDSCALEPS(operand.U8(truncate), v, v)
		return
	}
	g.VPAND(g.v(8), v, half)
	g.VPOR(g.v(9), half, half)
	g.VADDPS(half, v, v)
	g.VROUNDPS(operand.U8(truncate), v, v)
}

// keepNaN leaves NaNs of v there, and puts tmp elsewhere.
func (g *gen) keepNaN(v reg.VecPhysical) {
	if g.width == 64 {
		g.VCMPPS(operand.U8(unordered), v, v, reg.K1)
		g.VMOVAPS(v, reg.K1, tmp(g))
		g.VMOVAPS(tmp(g), v)
		return
	}
	mask := g.v(5)
	g.VCMPPS(operand.U8(unordered), v, v, mask)
	g.VBLENDVPS(mask, v, tmp(g), v)
}

// storeBytes stores the lowest byte of each doubleword, some bits inverted.
func (g *gen) storeBytes() {
	flip := g.v(12)
	if g.width == 64 {
		for i := range vectors {
			g.VPXORD(flip, g.v(i), g.v(i))
			g.VPMOVDB(g.v(i), at(out, 16*i))
		}
		return
	}
	low := g.v(14)
	g.VPACKSSDW(g.v(1), g.v(0), g.v(0))
	g.VPACKSSDW(g.v(3), g.v(2), g.v(2))
	g.VPAND(low, g.v(0), g.v(0))
	g.VPAND(low, g.v(2), g.v(2))
	g.VPACKUSWB(g.v(2), g.v(0), g.v(0))
	g.VPERMD(g.v(0), g.v(13), g.v(0))
	g.VPXOR(flip, g.v(0), g.v(0))
	g.VMOVUPS(g.v(0), at(out, 0))
}

func isaOf(width int) string {
	if width == 64 {
		return "avx512vnni"
	}
	return "avx2"
}
