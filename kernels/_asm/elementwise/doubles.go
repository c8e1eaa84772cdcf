package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// doubles compute with float64.
var doubles = []primitive{
	double("add", "x[i] + y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VADDPD(y, v, v) }),
	double("multiply", "x[i] * y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VMULPD(y, v, v) }),
	{
		result: "f64", name: "multiplyrounded", doc: "f64(f32(x[i] * f64(y[i]))), x f64", x: 8, out: 8, y: 4, binary: true,
		start: func(g *gen) {
			g.quadwords(8, math.Float64bits(0x1p-126)) // the least float32 that is not subnormal
			g.quadwords(9, 1<<63-1)
			g.quadwords(10, 1<<63)
			g.quadwords(11, math.Float64bits(0x1.8p-97)) // its unit in the last place is that of subnormal float32
			g.VXORPS(g.V(12), g.V(12), g.V(12))
		},
		step: func(g *gen) {
			g.loadFloats()
			for i := range vectors {
				g.multiplyRounded(emit.At(y, i*g.Width/2), g.V(i))
			}
			g.storeWords()
		},
	},
	foldOf("f64", "foldadd", "out[i mod 16] + x[i], in turn", 8, func(g *gen, x operand.Mem, v reg.VecPhysical) {
		g.VADDPD(x, v, v)
	}),
	foldOf("f64", "foldmultiply", "out[i mod 16] * x[i], in turn", 8, func(g *gen, x operand.Mem, v reg.VecPhysical) {
		g.VMULPD(x, v, v)
	}),
}

func double(name, doc string, op func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	p := combination(name, doc+", f64", op)
	p.result, p.x, p.y, p.out = "f64", 8, 8, 8
	return p
}

// quadwords fills register i with an immediate.
func (g *gen) quadwords(i int, v uint64) {
	g.MOVQ(operand.I64(int64(v)), reg.RAX)
	g.VMOVQ(reg.RAX, emit.X(g.V(i)))
	g.VPBROADCASTQ(emit.X(g.V(i)), g.V(i))
}

// multiplyRounded makes v its product with the float32 of y, rounded to float32. What is less than register 8 is
// rounded by adding register 11: conversions to and from subnormal float32 would take a hundred cycles.
func (g *gen) multiplyRounded(y operand.Mem, v reg.VecPhysical) {
	product, small, large, mask := g.V(4), g.V(5), g.V(6), g.V(7)
	pick := func(yes, no, to reg.VecPhysical) {
		if g.Width == 64 {
			g.VBLENDMPD(yes, no, reg.K1, to)
		} else {
			g.VBLENDVPD(mask, yes, no, to)
		}
	}
	g.VCVTPS2PD(y, large)
	g.VMULPD(large, v, product)
	g.VANDPD(g.V(9), product, small)
	if g.Width == 64 {
		g.VCMPPD(operand.U8(less), g.V(8), small, reg.K1)
	} else {
		g.VCMPPD(operand.U8(less), g.V(8), small, mask)
	}
	pick(g.V(12), product, large)
	g.VCVTPS2PD(g.rounded(large), large)
	g.VADDPD(g.V(11), product, small)
	g.VSUBPD(g.V(11), small, small)
	pick(small, large, v)
	g.VANDPD(g.V(10), product, product)
	g.VORPD(product, v, v)
}
