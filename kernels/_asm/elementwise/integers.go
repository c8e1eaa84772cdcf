package main

import (
	"math"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// guarded are operations of float32 that are 0 where one operand is.
var guarded = []primitive{
	guard("dividenonan", "x[i] / y[i], 0 where y[i] is 0", false, (*gen).divide),
	guard("multiplynonan", "x[i] * y[i], 0 where y[i] is 0", false, (*gen).multiply),
	guard("xdivy", "x[i] / y[i], 0 where x[i] is 0", true, (*gen).divide),
}

func (g *gen) divide(y, x, to reg.VecPhysical)   { g.VDIVPS(y, x, to) }
func (g *gen) multiply(y, x, to reg.VecPhysical) { g.VMULPS(y, x, to) }

func guard(name, doc string, first bool, op func(g *gen, y, x, to reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, doc: doc, x: 4, out: 4, binary: true,
		start: func(g *gen) { g.VXORPS(g.V(8), g.V(8), g.V(8)) },
		step: func(g *gen) {
			g.loadFloats()
			for i := range vectors {
				v, other := g.V(i), g.V(6)
				g.VMOVUPS(emit.At(y, i*g.Width), other)
				op(g, other, v, tmp(g))
				by := other
				if first {
					by = v
				}
				g.keep(notEqual, g.V(8), by, tmp(g), g.V(8), v)
			}
			g.storeWords()
		},
	}
}

// scaled are operations with numbers of the call.
var scaled = []primitive{
	single("scaled", "x[i] * scale", func(g *gen, v reg.VecPhysical) { g.VMULPS(g.V(8), v, v) }).with("scale"),
	single("divided", "x[i] / scale", func(g *gen, v reg.VecPhysical) { g.VDIVPS(g.V(8), v, v) }).with("scale"),
	single("shifted", "x[i] - sub", func(g *gen, v reg.VecPhysical) { g.VSUBPS(g.V(8), v, v) }).with("sub"),
	byScale("addscaled", "x[i] + y[i] * scale", func(g *gen, y operand.Mem, v reg.VecPhysical) {
		g.VMULPS(y, g.V(8), tmp(g))
		g.VADDPS(tmp(g), v, v)
	}),
	byScale("interpolate", "x[i] + (y[i] - x[i]) * scale", func(g *gen, y operand.Mem, v reg.VecPhysical) {
		g.VMOVUPS(y, tmp(g))
		g.VSUBPS(v, tmp(g), tmp(g))
		g.VMULPS(g.V(8), tmp(g), tmp(g))
		g.VADDPS(tmp(g), v, v)
	}),
	{
		result: "b8", name: "affine", x: 4, out: 1,
		doc: "max(min(s32(floor(x[i] * scale + 1/2)) + y[0], y[2]), y[1]), y three s32",
		start: func(g *gen) {
			g.MOVQ(field("y"), y)
			g.constants("scale")
			g.doublewords(9, math.Float32bits(0.5))
			g.VPBROADCASTD(emit.At(y, 0), g.V(10))
			g.VPBROADCASTD(emit.At(y, 4), g.V(11))
			g.VPBROADCASTD(emit.At(y, 8), g.V(15))
			g.VPXOR(emit.X(g.V(12)), emit.X(g.V(12)), emit.X(g.V(12)))
			g.bytes()
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(8), v, v) })
			g.each(func(v reg.VecPhysical) { g.VADDPS(g.V(9), v, v) })
			g.each(func(v reg.VecPhysical) { g.round(floorMode, v) })
			g.each(func(v reg.VecPhysical) { g.VCVTTPS2DQ(v, v) })
			g.each(func(v reg.VecPhysical) { g.VPADDD(g.V(10), v, v) })
			g.each(func(v reg.VecPhysical) { g.VPMINSD(g.V(15), v, v) })
			g.each(func(v reg.VecPhysical) { g.VPMAXSD(g.V(11), v, v) })
			g.storeBytes()
		},
	},
	levels("levels", "*", func(g *gen, v reg.VecPhysical) { g.VMULPS(g.V(10), v, v) }),
	levels("dividedlevels", "/", func(g *gen, v reg.VecPhysical) { g.VDIVPS(g.V(10), v, v) }),
}

// with makes the primitive start with fields of the call as its only constants.
func (p primitive) with(names ...string) primitive {
	p.start = func(g *gen) { g.constants(names...) }
	return p
}

func levels(name, sign string, scaled func(*gen, reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, x: 4, out: 4,
		doc: "floor((max(min(x[i], hi), lo) - lo) " + sign + " scale - sub + 1/2) * back; NaN stays",
		start: func(g *gen) {
			g.constants("lo", "hi", "scale", "sub", "back")
			g.doublewords(13, math.Float32bits(0.5))
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(func(v reg.VecPhysical) { g.VMINPS(v, g.V(9), v) }) // v of NaN
			g.each(func(v reg.VecPhysical) { g.VMAXPS(v, g.V(8), v) })
			g.each(func(v reg.VecPhysical) { g.VSUBPS(g.V(8), v, v) })
			g.each(func(v reg.VecPhysical) { scaled(g, v) })
			g.each(func(v reg.VecPhysical) { g.VSUBPS(g.V(11), v, v) })
			g.each(func(v reg.VecPhysical) { g.VADDPS(g.V(13), v, v) })
			g.each(func(v reg.VecPhysical) { g.round(floorMode, v) })
			g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(12), v, v) })
			g.storeWords()
		},
	}
}

// folds keep 16 lanes in registers.
var folds = []primitive{
	fold("foldadd", "out[i mod 16] + x[i], in turn", func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VADDPS(x, v, v) }),
	fold("foldmultiply", "out[i mod 16] * x[i], in turn", func(g *gen, x operand.Mem, v reg.VecPhysical) {
		g.VMULPS(x, v, v)
	}),
	fold("foldmaximum", "out[i mod 16] if that > x[i] or is NaN, else x[i], in turn", (*gen).maximum),
	fold("foldminimum", "out[i mod 16] if that < x[i] or is NaN, else x[i], in turn", (*gen).minimum),
}

func fold(name, doc string, op func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	return foldOf("f32", name, doc, 4, op)
}

// foldOf is fold for numbers of some bytes.
func foldOf(result, name, doc string, bytes int, op func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	const size = 16
	all := func(g *gen, f func(v reg.VecPhysical, at int)) {
		for i := range bytes * size / g.Width {
			f(g.V(i), i*g.Width)
		}
	}
	return primitive{
		result: result, name: name, doc: doc, x: bytes, out: 0, size: size,
		start: func(g *gen) { all(g, func(v reg.VecPhysical, at int) { g.VMOVUPS(emit.At(out, at), v) }) },
		step:  func(g *gen) { all(g, func(v reg.VecPhysical, at int) { op(g, emit.At(x, at), v) }) },
		end:   func(g *gen) { all(g, func(v reg.VecPhysical, at int) { g.VMOVUPS(v, emit.At(out, at)) }) },
	}
}

func byScale(name, doc string, op func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	return combination(name, doc, op).with("scale")
}

// wholeBytes are differences of bytes from a number.
var wholeBytes = primitive{
	result: "s32", name: "u8", doc: "s32(x[i]) - y[0], x u8, y one s32", x: 1, out: 4,
	start: func(g *gen) {
		g.MOVQ(field("y"), y)
		g.VPBROADCASTD(emit.At(y, 0), g.V(8))
	},
	step: func(g *gen) {
		for i := range vectors {
			g.VPMOVZXBD(emit.At(x, i*g.lanes()), g.V(i))
		}
		g.each(func(v reg.VecPhysical) { g.VPSUBD(g.V(8), v, v) })
		g.storeWords()
	},
}
