package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// epilogue applies the steps in flags to the sums of n pixels in registers 0 to 4*n-1
// and stores them. It uses the registers from 8 to 14.
func (g *gen) epilogue(n int) {
	done, integers, words := g.Fresh("stored"), g.Fresh("integers"), g.Fresh("words")
	each := func(f func(k int, v reg.VecPhysical)) {
		for i := range 4 * n {
			f(i%4, g.V(i))
		}
	}
	operands := func(name string, op func(...operand.Op)) {
		g.MOVQ(field(name), p)
		if n == 1 {
			each(func(k int, v reg.VecPhysical) { op(emit.At(p, k*g.Width), v, v) })
			return
		}
		for k := range 4 {
			g.load(emit.At(p, k*g.Width), g.V(8+k))
		}
		each(func(k int, v reg.VecPhysical) { op(g.V(8+k), v, v) })
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
		g.Zero(g.V(8))
		each(func(_ int, v reg.VecPhysical) { g.VMAXPS(g.V(8), v, v) })
	})
	g.When(flags, stepPost, "post", func() { operands("post", g.VMULPS) })
	g.TESTL(operand.U32(outF32), flags)
	g.JZ(operand.LabelRef(integers))

	g.Label(words)
	for i := range n {
		for k := range 4 {
			for lane := range g.Width / 16 {
				g.storeLane(g.V(4*i+k), lane, g.pixel(i, 4*(16*lane+4*k)))
			}
		}
	}
	g.JMP(operand.LabelRef(done))

	g.Label(integers)
	g.When(flags, stepClamp, "clamp", func() {
		g.VBROADCASTSS(field("lo"), g.V(8))
		g.VBROADCASTSS(field("hi"), g.V(9))
		each(func(_ int, v reg.VecPhysical) { g.VMAXPS(g.V(8), v, v) })
		each(func(_ int, v reg.VecPhysical) { g.VMINPS(g.V(9), v, v) })
	})
	each(func(_ int, v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
	flip, signed := g.V(10), g.Fresh("signed")
	g.VPBROADCASTD(field("flip"), flip)
	for i := range n {
		g.VPACKSSDW(g.V(4*i+1), g.V(4*i), g.V(4*i))
		g.VPACKSSDW(g.V(4*i+3), g.V(4*i+2), g.V(4*i+2))
	}
	bytes := func(pack func(...operand.Op)) {
		for i := range n {
			pack(g.V(4*i+2), g.V(4*i), g.V(4*i))
			g.Xor(flip, g.V(4*i), g.V(4*i))
			g.VMOVUPS(g.V(4*i), g.pixel(i, 0))
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

// pixel addresses pixel i of C.
func (g *gen) pixel(i, disp int) operand.Mem {
	m := emit.At(c, disp)
	if i > 0 {
		m.Index, m.Scale = ldc, uint8(i)
	}
	return m
}

// storeLane stores 128 bits of a vector.
func (g *gen) storeLane(v reg.VecPhysical, lane int, m operand.Mem) {
	switch {
	case lane == 0:
		g.VMOVUPS(v.AsX(), m)
	case g.Width == 32:
		g.VEXTRACTI128(operand.U8(lane), v, m)
	default:
		g.VEXTRACTI32X4(operand.U8(lane), v, m)
	}
}
