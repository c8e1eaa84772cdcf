package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// Conversions between types, comparisons and choices.

var conversions = []primitive{
	widening("f16", func(g *gen, m operand.Mem, v reg.VecPhysical) { g.VCVTPH2PS(m, v) }),
	widening("bf16", func(g *gen, m operand.Mem, v reg.VecPhysical) {
		g.VPMOVZXWD(m, v)
		g.VPSLLD(operand.U8(16), v, v)
	}),
	{
		result: "b16", name: "tof16", doc: "x[i] rounded to f16, NaN without a payload", x: 4, out: 2,
		start: (*gen).f16Constants,
		step: func(g *gen) {
			g.loadFloats()
			at := 0
			g.each(func(v reg.VecPhysical) {
				g.quietNaN(v)
				g.VCVTPS2PH(operand.U8(0), v, emit.At(out, at))
				at += g.Width / 2
			})
		},
	},
	{
		result: "b16", name: "tobf16", doc: "x[i] rounded to bf16", x: 4, out: 2,
		start: (*gen).bf16Constants,
		step: func(g *gen) {
			g.loadFloats()
			g.each(g.toBF16)
			g.storeHalves()
		},
	},
	{
		result: "f32", name: "tos32", doc: "x[i] truncated to s32 and saturated, NaN becomes 0", x: 4, out: 4,
		start: func(g *gen) {
			g.doublewords(8, math.Float32bits(1<<31))
			g.VPXOR(emit.X(g.V(9)), emit.X(g.V(9)), emit.X(g.V(9)))
			g.doublewords(10, 1<<31-1)
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(func(v reg.VecPhysical) {
				whole := g.V(6)
				g.VCVTTPS2DQ(v, whole)
				g.keep(atLeast, g.V(8), v, g.V(10), whole, whole)
				g.keep(unordered, v, v, g.V(9), whole, v)
			})
			g.storeWords()
		},
	},
	{
		result: "b16", name: "tos16", doc: "x[i] truncated to s16 and saturated, NaN becomes 0", x: 4, out: 2,
		start: func(g *gen) {
			g.doublewords(8, math.Float32bits(math.MinInt16))
			g.doublewords(9, math.Float32bits(math.MaxInt16))
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(g.zeroNaN)
			g.each(g.clamp)
			g.each(func(v reg.VecPhysical) { g.VCVTTPS2DQ(v, v) })
			for i := 0; i < vectors; i++ {
				if g.Width == 64 {
					g.VPMOVDW(g.V(i), emit.At(out, 32*i))
				} else if i%2 == 1 {
					g.VPACKSSDW(g.V(i), g.V(i-1), g.V(i))
					g.VPERMQ(operand.U8(0b11_01_10_00), g.V(i), g.V(i))
					g.VMOVUPS(g.V(i), emit.At(out, 16*i-16))
				}
			}
		},
	},
	bits("tobool", "x[i] is not 0", false, notEqual, func(g *gen, _ int) operand.Op {
		g.VXORPS(tmp(g), tmp(g), tmp(g))
		return tmp(g)
	}),
	{
		result: "b64", name: "tos64", doc: "x[i] truncated to s64 and saturated, NaN becomes 0", x: 4, out: 8, wide: true,
		start: func(g *gen) {
			g.doublewords(8, math.Float32bits(1<<63))
			g.MOVQ(operand.U64(math.MaxInt64), reg.RAX)
			g.VPBROADCASTQ(reg.RAX, g.V(9))
		},
		step: func(g *gen) {
			for i := range 2 * vectors {
				v, whole, at := emit.Y(g.V(0)), g.V(1), emit.At(out, 64*i)
				g.VMOVUPS(emit.At(x, 32*i), v)
				g.VCMPPS(operand.U8(ordered), v, v, reg.K1)
				g.VCMPPS(operand.U8(atLeast), emit.Y(g.V(8)), v, reg.K2)
				g.VCVTTPS2QQ_Z(v, reg.K1, whole)
				g.VMOVDQA64(g.V(9), reg.K2, whole)
				g.VMOVDQU64(whole, at)
			}
		},
	},
	{
		result: "f32", name: "s64", doc: "f32(x[i]) * scale, x s64", x: 8, out: 4, wide: true,
		start: func(g *gen) { g.constants("scale") },
		step: func(g *gen) {
			for i := range 2 * vectors {
				v := emit.Y(g.V(0))
				g.VCVTQQ2PS(emit.At(x, 64*i), v)
				g.VMULPS(emit.Y(g.V(8)), v, v)
				g.VMOVUPS(v, emit.At(out, 32*i))
			}
		},
	},
	{
		result: "b8", name: "fixedpoint", x: 4, out: 1, wide: true,
		doc: "min(max(((s64(f32(x[i]))*y[0] >> 32) + y[1]) >> 16, 0), 255), x s32, y two s64",
		start: func(g *gen) {
			g.MOVQ(field("y"), y)
			g.VPBROADCASTQ(emit.At(y, 0), g.V(8))
			g.VPBROADCASTQ(emit.At(y, 8), g.V(9))
			g.VXORPS(g.V(10), g.V(10), g.V(10))
			g.MOVQ(operand.U64(255), reg.RAX)
			g.VPBROADCASTQ(reg.RAX, g.V(11))
		},
		step: func(g *gen) {
			for i := range 2 * vectors {
				v := g.V(i % vectors)
				g.VCVTDQ2PS(emit.At(x, 32*i), emit.Y(v))
				g.VCVTTPS2QQ(emit.Y(v), v)
				g.VPMULLQ(g.V(8), v, v)
				g.VPSRAQ(operand.U8(32), v, v)
				g.VPADDQ(g.V(9), v, v)
				g.VPSRAQ(operand.U8(16), v, v)
				g.VPMAXSQ(g.V(10), v, v)
				g.VPMINSQ(g.V(11), v, v)
				g.VPMOVQB(v, emit.At(out, 8*i))
			}
		},
	},
	{
		result: "b8", name: "rescale", doc: "x[i] rescaled as y says, s32", x: 4, out: 1, wide: true,
		start: func(g *gen) {
			g.MOVQ(field("y"), y)
			for i := range 7 { // zero, factor, half, shift, offset, lo, hi
				g.VPBROADCASTQ(emit.At(y, 8*i), g.V(8+i))
			}
			for i, limit := range []operand.I32{math.MinInt32, math.MaxInt32} {
				g.MOVQ(limit, reg.RAX) // with its sign
				g.VPBROADCASTQ(reg.RAX, g.V(16+i))
			}
		},
		step: func(g *gen) {
			for i := range 2 * vectors {
				v := g.V(i % vectors)
				g.VCVTDQ2PS(emit.At(x, 32*i), emit.Y(v))
				g.VCVTTPS2DQ(emit.Y(v), emit.Y(v))
				g.VPMOVSXDQ(emit.Y(v), v)
				g.VPSUBQ(g.V(8), v, v)
				g.wrap(v)
				g.VPMULLQ(g.V(9), v, v)
				g.VPADDQ(g.V(10), v, v)
				g.VPSRAVQ(g.V(11), v, v)
				g.VPMAXSQ(g.V(16), v, v)
				g.VPMINSQ(g.V(17), v, v)
				g.VPADDQ(g.V(12), v, v)
				g.wrap(v)
				g.VPMINSQ(g.V(14), v, v)
				g.VPMAXSQ(g.V(13), v, v)
				g.VPMOVQB(v, emit.At(out, 8*i))
			}
		},
	},
	classification("finite", "x[i] is finite", 1),
	classification("infinite", "x[i] is infinite", 0),
	classification("nan", "x[i] is NaN", unordered),
	comparison("equal", "x[i] == y[i]", 0),
	comparison("notequal", "x[i] != y[i]", 4),
	comparison("less", "x[i] < y[i]", 1),
	comparison("lessequal", "x[i] <= y[i]", 2),
	pick,
}

// f16Constants fills the registers of quietNaN.
func (g *gen) f16Constants() {
	g.doublewords(8, 1<<31)
	g.doublewords(9, 0x7fc00000)
}

// quietNaN makes NaNs of v ones without a payload.
func (g *gen) quietNaN(v reg.VecPhysical) {
	g.VANDPS(g.V(8), v, tmp(g))
	g.VORPS(g.V(9), tmp(g), tmp(g))
	g.keep(unordered, v, v, tmp(g), v, v)
}

// bf16Constants fills the registers of toBF16.
func (g *gen) bf16Constants() {
	g.doublewords(8, 1)
	g.doublewords(9, 0x7fff)
	g.doublewords(10, 0x40)
}

// toBF16 makes the lower half of each doubleword of v its float32 rounded to bf16, and the upper one 0.
func (g *gen) toBF16(v reg.VecPhysical) {
	high, nan := g.V(6), g.V(7)
	g.VPSRLD(operand.U8(16), v, high)
	g.VORPS(g.V(10), high, nan)
	g.VANDPS(g.V(8), high, high)
	g.VPADDD(g.V(9), high, high)
	g.VPADDD(v, high, high)
	g.VPSRLD(operand.U8(16), high, high)
	g.keep(unordered, v, v, nan, high, v)
}

// roundedSum is a sum of float32 that round makes of a type of 16 bits, and float32 again.
func roundedSum(to string, constants func(*gen), round func(*gen, reg.VecPhysical)) primitive {
	p := combination("add"+to, "x[i] + y[i] rounded to "+to, func(g *gen, y operand.Mem, v reg.VecPhysical) {
		g.VADDPS(y, v, v)
		round(g, v)
	})
	p.start = constants
	return p
}

// atLeast is the predicate of >=, false of NaN.
const atLeast = 13

func widening(name string, load func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, doc: "f32(x[i]), x " + name, x: 2, out: 4,
		start: func(*gen) {},
		step: func(g *gen) {
			for i := range vectors {
				load(g, emit.At(x, i*g.Width/2), g.V(i))
			}
			g.storeWords()
		},
	}
}

// wrap makes quadwords what their lower halves are as s32.
func (g *gen) wrap(v reg.VecPhysical) {
	g.VPSLLQ(operand.U8(32), v, v)
	g.VPSRAQ(operand.U8(32), v, v)
}

// comparison gives bytes, 1 where a predicate holds.
func comparison(name, doc string, predicate int) primitive {
	return bits(name, doc, true, predicate, func(g *gen, i int) operand.Op { return emit.At(y, i*g.Width) })
}

// classification compares |x[i]| with infinity.
func classification(name, doc string, predicate int) primitive {
	return bits(name, doc, false, predicate, func(g *gen, i int) operand.Op {
		g.VANDPS(g.V(9), g.V(i), g.V(i))
		return g.V(10)
	})
}

// bits gives a byte for each element, 1 where a predicate holds of vector i and what it is compared
// with.
func bits(name, doc string, binary bool, predicate int, with func(g *gen, i int) operand.Op) primitive {
	return primitive{
		result: "b8", name: name, doc: "1 if " + doc + ", else 0", x: 4, out: 1, binary: binary,
		start: func(g *gen) {
			g.doublewords(8, 1)
			g.doublewords(9, 1<<31-1)
			g.doublewords(10, 0x7f800000)
			if g.Width == 32 {
				g.unpacking()
				g.doublewords(15, 0x01010101)
			}
		},
		step: func(g *gen) {
			g.loadFloats()
			for i := range vectors {
				v, other := g.V(i), with(g, i)
				if g.Width == 64 {
					g.VCMPPS(operand.U8(predicate), other, v, reg.K1)
					g.VMOVUPS_Z(g.V(8), reg.K1, v)
					g.VPMOVDB(v, emit.At(out, 16*i))
					continue
				}
				g.VCMPPS(operand.U8(predicate), other, v, v)
			}
			if g.Width == 64 {
				return
			}
			g.VPACKSSDW(g.V(1), g.V(0), g.V(0))
			g.VPACKSSDW(g.V(3), g.V(2), g.V(2))
			g.VPACKSSWB(g.V(2), g.V(0), g.V(0))
			g.VPERMD(g.V(0), g.V(13), g.V(0))
			g.VPAND(g.V(15), g.V(0), g.V(0))
			g.VMOVUPS(g.V(0), emit.At(out, 0))
		},
	}
}

// pick puts words of y where bytes of x are not 0.
var pick = primitive{
	result: "f32", name: "pick", doc: "y[i] if the byte x[i] is not 0, else out[i]", x: 1, out: 4, binary: true,
	start: func(g *gen) { g.VXORPS(g.V(8), g.V(8), g.V(8)) },
	step: func(g *gen) {
		for i := range vectors {
			v, old := g.V(i), tmp(g)
			g.VPMOVZXBD(emit.At(x, i*g.lanes()), v)
			g.VMOVUPS(emit.At(y, i*g.Width), old)
			if g.Width == 64 {
				g.VPTESTMD(v, v, reg.K1)
				g.VMOVUPS(old, reg.K1, emit.At(out, i*g.Width))
				continue
			}
			g.VPCMPEQD(g.V(8), v, v)
			g.VBLENDVPS(v, emit.At(out, i*g.Width), old, old)
			g.VMOVUPS(old, emit.At(out, i*g.Width))
		}
	},
}

// storeHalves stores the lower half of each doubleword, of which the upper is 0.
func (g *gen) storeHalves() {
	for i := 0; i < vectors; i += 2 {
		a, b := g.V(i), g.V(i+1)
		if g.Width == 64 {
			g.VPMOVDW(a, emit.At(out, 32*i))
			g.VPMOVDW(b, emit.At(out, 32*i+32))
			continue
		}
		g.VPACKUSDW(b, a, a)
		g.VPERMQ(operand.U8(0b11_01_10_00), a, a)
		g.VMOVUPS(a, emit.At(out, 16*i))
	}
}
