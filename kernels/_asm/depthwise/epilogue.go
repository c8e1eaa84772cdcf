package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// epilogue applies the steps in flags to the sums of n pixels, in registers sums and following, and stores them. It
// uses the four registers from free on.
func (g *gen) epilogue(sums, n, free int) {
	done, integers, words := g.Fresh("stored"), g.Fresh("integers"), g.Fresh("words")
	sum := func(i int) reg.VecPhysical { return g.V(sums + i) }
	each := func(f func(k int, v reg.VecPhysical)) {
		for i := range 4 * n {
			f(i%4, sum(i))
		}
	}
	operands := func(name string, op func(...operand.Op)) {
		g.MOVQ(field(name), p)
		if n == 1 {
			each(func(k int, v reg.VecPhysical) { op(emit.At(p, k*g.Width), v, v) })
			return
		}
		for k := range 4 {
			g.load(emit.At(p, k*g.Width), g.V(free+k))
		}
		each(func(k int, v reg.VecPhysical) { op(g.V(free+k), v, v) })
	}

	if g.rows > 3 {
		g.LEAQ(emit.Indexed(nextC, nextC, 2, 0), thirdC)
	}
	if g.how == digits { // the sums of quads begin with them
		operands("init", g.VPADDD)
	}
	g.TESTL(operand.U32(outS32), flags)
	g.JNZ(operand.LabelRef(words))
	each(func(_ int, v reg.VecPhysical) { g.VCVTDQ2PS(v, v) })
	g.When(flags, stepPre, "pre", func() { operands("pre", g.VADDPS) })
	g.When(flags, stepScale, "scale", func() { operands("scale", g.VMULPS) })
	g.When(flags, stepBias, "bias", func() { operands("bias", g.VADDPS) })
	g.When(flags, stepRelu, "relu", func() {
		// A NaN is replaced by the second source, here and at the range's ends.
		g.Zero(g.V(free))
		each(func(_ int, v reg.VecPhysical) { g.VMAXPS(g.V(free), v, v) })
	})
	g.When(flags, stepPost, "post", func() { operands("post", g.VMULPS) })
	g.TESTL(operand.U32(outF32), flags)
	g.JZ(operand.LabelRef(integers))

	g.Label(words)
	for i := range n {
		for k := range 4 {
			for lane := range g.Width / 16 {
				row, within := lane/(g.channels()/16), lane%(g.channels()/16)
				g.storePart(sum(4*i+k), lane, 16, g.result(i, row, 4*(16*within+4*k)))
			}
		}
	}
	g.JMP(operand.LabelRef(done))

	g.Label(integers)
	g.When(flags, stepClamp, "clamp", func() {
		g.VBROADCASTSS(field("lo"), g.V(free))
		g.VBROADCASTSS(field("hi"), g.V(free+1))
		each(func(_ int, v reg.VecPhysical) { g.VMAXPS(g.V(free), v, v) })
		each(func(_ int, v reg.VecPhysical) { g.VMINPS(g.V(free+1), v, v) })
	})
	each(func(_ int, v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
	flip, signed := g.V(free+2), g.Fresh("signed")
	g.VPBROADCASTD(field("flip"), flip)
	for i := range n {
		g.VPACKSSDW(sum(4*i+1), sum(4*i), sum(4*i))
		g.VPACKSSDW(sum(4*i+3), sum(4*i+2), sum(4*i+2))
	}
	bytes := func(pack func(...operand.Op)) {
		for i := range n {
			pack(sum(4*i+2), sum(4*i), sum(4*i))
			g.Xor(flip, sum(4*i), sum(4*i))
			for row := range g.rows {
				g.storePart(sum(4*i), row, g.channels(), g.result(i, row, 0))
			}
		}
	}
	g.TESTL(operand.U32(outI8), flags)
	g.JNZ(operand.LabelRef(signed))
	bytes(g.VPACKUSWB)
	g.JMP(operand.LabelRef(done))
	g.Label(signed)
	bytes(g.VPACKSSWB)
	g.Label(done)
}

// result addresses C at disp bytes into pixel i of a row.
func (g *gen) result(i, row, disp int) operand.Mem {
	switch {
	case i > 0 && row > 0:
		panic("pixels of several rows are computed one at a time")
	case i > 0:
		return emit.Indexed(c, ldc, uint8(i), disp)
	case row == 3:
		return emit.Indexed(c, thirdC, 1, disp)
	case row > 0:
		return emit.Indexed(c, nextC, uint8(row), disp)
	}
	return emit.At(c, disp)
}

// storePart stores the i-th n bytes of a vector.
func (g *gen) storePart(v reg.VecPhysical, i, n int, m operand.Mem) {
	switch {
	case i == 0:
		g.VMOVUPS(emit.Part(v, n), m)
	case g.Width == 32:
		g.VEXTRACTI128(operand.U8(i), v, m)
	case n == 32:
		g.VEXTRACTI64X4(operand.U8(i), v, m)
	default:
		g.VEXTRACTI32X4(operand.U8(i), v, m)
	}
}
