package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// estimate quantizes, and writes a bit for each element into y.
var estimate = primitive{
	result: "b8", name: "estimate", x: 4, out: 1,
	doc: "roundToEven(t) ^ flip, t = min(max(x[i]*scale - sub, lo), hi), or zero where x[i]*scale is 0, of NaN\n" +
		"\t0 ^ flip, bit i of y = whether t is NaN, or further than back from a whole number",
	start: func(g *gen) {
		g.MOVQ(field("y"), y)
		g.constants("lo", "hi", "sub", "scale")
		g.VPBROADCASTD(field("flip"), g.V(12))
		g.bytes()
		g.VBROADCASTSS(field("back"), g.V(15))
		g.doublewords(6, 1<<31-1)
		g.VBROADCASTSS(field("zero"), g.V(7))
	},
	step: func(g *gen) {
		g.loadFloats()
		g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(11), v, v) })
		g.each(func(v reg.VecPhysical) {
			difference, zero := tmp(g), g.V(5)
			g.VSUBPS(g.V(10), v, difference)
			g.VPXOR(emit.Vector(5, 16), emit.Vector(5, 16), emit.Vector(5, 16))
			g.keep(equal, zero, v, g.V(7), difference, v)
		})
		g.each(func(v reg.VecPhysical) { g.VMAXPS(v, g.V(8), v) }) // v of NaN
		g.each(func(v reg.VecPhysical) { g.VMINPS(v, g.V(9), v) })
		for i := range vectors {
			g.doubt(g.V(i), i)
		}
		g.each(func(v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
		g.storeBytes()
		g.ADDQ(operand.I8(g.Width/8), y)
	},
}

// doubt writes the bits of vector i.
func (g *gen) doubt(v reg.VecPhysical, i int) {
	distance, back := tmp(g), g.V(15)
	if g.Width == 64 {
		g.VRNDSCALEPS(operand.U8(evenMode), v, distance)
	} else {
		g.VROUNDPS(operand.U8(evenMode), v, distance)
	}
	g.VSUBPS(distance, v, distance)
	g.VANDPS(g.V(6), distance, distance)
	if g.Width == 64 {
		g.VCMPPS(operand.U8(notLessOrEqual), back, distance, reg.K1)
		g.KMOVW(reg.K1, emit.At(y, 2*i))
		return
	}
	g.VCMPPS(operand.U8(notLessOrEqual), back, distance, distance)
	g.VMOVMSKPS(distance, reg.EAX)
	g.MOVB(reg.AL, emit.At(y, i))
}
