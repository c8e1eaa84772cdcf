// Command elementwise generates the assembly of package kernels/internal/elementwise.
package main

import (
	"fmt"
	"math"
	"slices"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "out", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "x", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "y", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "n", Type: "int", Size: 8, Doc: "elements, a multiple of the routine's step"},
	{Name: "scale", Type: "float32", Size: 4, Doc: ""},
	{Name: "sub", Type: "float32", Size: 4, Doc: ""},
	{Name: "lo", Type: "float32", Size: 4, Doc: ""},
	{Name: "hi", Type: "float32", Size: 4, Doc: ""},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "inverted in the bytes of results"},
	{Name: "back", Type: "float32", Size: 4, Doc: ""},
	{Name: "constants", Type: "unsafe.Pointer", Size: 8, Doc: "those of internal/activation, each eight times"},
	{Name: "rows", Type: "int", Size: 8, Doc: ""},
	{Name: "stride", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "zero", Type: "float32", Size: 4, Doc: "what an estimate makes of 0"},
}

func routines() []emit.Routine {
	var list []emit.Routine
	groups := [][]primitive{primitives, fusedFunctions, conversions, guarded, {wholeBytes}, scaled, folds, doubles}
	for _, width := range []int{64, 32} {
		for _, p := range slices.Concat(groups...) {
			if width == 64 || !p.wide {
				list = append(list, p.routine(width))
			}
		}
	}
	for _, width := range []int{64, 32} {
		for _, f := range functions {
			list = append(list, f.routine(width))
		}
		for _, f := range wideFunctions {
			list = append(list, f.routine(width))
		}
	}
	return append(list, lookup.routine(32), wordLookup.routine(64), softmax)
}

var family = emit.Family{Name: "elementwise", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }

// primitive is one operation: how to set up its constants, and how to compute step
// vectors of elements.
type primitive struct {
	result, name, doc string
	x, out            int // bytes of an element of x and of the result
	y                 int // bytes of an element of y, unless 4
	size              int // elements of a round, unless as many as a vector has bytes
	binary            bool
	wide              bool // has no routine of vectors of 32 bytes
	start, step       func(g *gen)
	end               func(g *gen) // nil for nothing
}

var primitives = []primitive{
	conversion("u8", 1, "f32(x[i]) * scale, x u8", func(g *gen, m operand.Mem, v reg.VecPhysical) {
		g.VPMOVZXBD(m, v)
		g.VCVTDQ2PS(v, v)
	}),
	conversion("s8", 1, "f32(x[i]) * scale, x s8", func(g *gen, m operand.Mem, v reg.VecPhysical) {
		g.VPMOVSXBD(m, v)
		g.VCVTDQ2PS(v, v)
	}),
	conversion("s32", 4, "f32(x[i]) * scale, x s32", func(g *gen, m operand.Mem, v reg.VecPhysical) { g.VCVTDQ2PS(m, v) }),
	combination("add", "x[i] + y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VADDPS(y, v, v) }),
	combination("subtract", "x[i] - y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VSUBPS(y, v, v) }),
	combination("multiply", "x[i] * y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VMULPS(y, v, v) }),
	combination("divide", "x[i] / y[i]", func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VDIVPS(y, v, v) }),
	combination("maximum", "x[i] if x[i] > y[i] or x[i] is NaN, else y[i]", (*gen).maximum),
	combination("minimum", "x[i] if x[i] < y[i] or x[i] is NaN, else y[i]", (*gen).minimum),
	combination("larger", "x[i] if x[i] > y[i], else y[i]",
		func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VMAXPS(y, v, v) }),
	combination("smaller", "x[i] if x[i] < y[i], else y[i]",
		func(g *gen, y operand.Mem, v reg.VecPhysical) { g.VMINPS(y, v, v) }),
	roundedSum("f16", (*gen).f16Constants, func(g *gen, v reg.VecPhysical) {
		half := emit.Vector(int(g.V(6).PhysicalIndex()), g.Width/2)
		g.quietNaN(v)
		g.VCVTPS2PH(operand.U8(0), v, half)
		g.VCVTPH2PS(half, v)
	}),
	roundedSum("bf16", (*gen).bf16Constants, func(g *gen, v reg.VecPhysical) {
		g.toBF16(v)
		g.VPSLLD(operand.U8(16), v, v)
	}),
	{
		result: "f32", name: "zeronan", doc: "x[i], or 0 for NaN", x: 4, out: 4,
		start: func(*gen) {},
		step: func(g *gen) {
			g.loadFloats()
			g.each(g.zeroNaN)
			g.storeWords()
		},
	},
	{
		result: "f32", name: "round", doc: "x[i] rounded to nearest, halves away from zero", x: 4, out: 4,
		start: func(g *gen) {
			g.doublewords(8, 1<<31)
			g.doublewords(9, math.Float32bits(beforeHalf))
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(g.roundAway)
			g.storeWords()
		},
	},
	{
		result: "f32", name: "clamp", doc: "min(max(x[i], lo), hi), NaN becomes lo", x: 4, out: 4,
		start: func(g *gen) { g.constants("lo", "hi") },
		step: func(g *gen) {
			g.loadFloats()
			g.each(g.clamp)
			g.storeWords()
		},
	},
	quantization("quantize", "(x[i] - sub) * scale", func(g *gen) {
		g.each(func(v reg.VecPhysical) { g.VSUBPS(g.V(10), v, v) })
		g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(11), v, v) })
	}),
	quantization("quantizeshifted", "x[i]*scale - sub", func(g *gen) {
		g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(11), v, v) })
		g.each(func(v reg.VecPhysical) { g.VSUBPS(g.V(10), v, v) })
	}),
	estimate,
	flushed,
	{
		result: "b8", name: "flip", doc: "x[i] ^ flip, bytes", x: 1, out: 1,
		start: func(g *gen) { g.VPBROADCASTD(field("flip"), g.V(8)) },
		step: func(g *gen) {
			if g.Width == 64 {
				g.VPXORD(emit.At(x, 0), g.V(8), g.V(0))
			} else {
				g.VPXOR(emit.At(x, 0), g.V(8), g.V(0))
			}
			g.VMOVUPS(g.V(0), emit.At(out, 0))
		},
	},
	absolute, signum, floor, ceil, roundEven, truncated, square, squareRoot, reciprocalRoot, leakyRelu, gelu,
	multiplyAdd,
}

// quantization is a primitive that clamps and rounds what change makes of registers 0 to 3, with sub in 10 and scale
// in 11.
func quantization(name, doc string, change func(g *gen)) primitive {
	return primitive{
		result: "b8", name: name, x: 4, out: 1,
		doc: fmt.Sprintf("roundToEven(min(max(%s, lo), hi)) ^ flip, NaN becomes lo", doc),
		start: func(g *gen) {
			g.constants("lo", "hi", "sub", "scale")
			g.VPBROADCASTD(field("flip"), g.V(12))
			g.bytes()
		},
		step: func(g *gen) {
			g.prefetchFloats()
			g.loadFloats()
			change(g)
			g.each(g.clamp)
			g.each(func(v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
			g.storeBytes()
		},
	}
}

// lookup finds bytes in a table of 256, sixteen at a time: VPSHUFB gives 0 for an index
// whose topmost bit is set, which saturation sets unless a byte's upper half is 0. Two
// vectors share the loads of the table.
var lookup = primitive{
	result: "b8", name: "lookup", doc: "y[x[i]], bytes", x: 1, out: 1, size: 64,
	start: func(g *gen) {
		g.MOVQ(field("y"), y)
		g.doublewords(8, 0x10101010)
		g.doublewords(9, 0x70707070)
	},
	step: func(g *gen) {
		const step, outside = 8, 9
		sum, next, table, index := 2, 4, 6, 7
		for i := range 2 {
			g.VMOVUPS(emit.At(x, 32*i), g.V(i))
			g.VPXOR(g.V(sum+i), g.V(sum+i), g.V(sum+i))
		}
		for part := range 16 {
			g.VBROADCASTI128(emit.At(y, 16*part), g.V(table))
			for i := range 2 {
				g.VPADDUSB(g.V(outside), g.V(i), g.V(index))
				g.VPSHUFB(g.V(index), g.V(table), g.V(next+i))
				g.VPOR(g.V(next+i), g.V(sum+i), g.V(sum+i))
				g.VPSUBB(g.V(step), g.V(i), g.V(i))
			}
		}
		for i := range 2 {
			g.VMOVUPS(g.V(sum+i), emit.At(out, 32*i))
		}
	},
}

// wordLookup is lookup with the table as 128 words of two entries each, in four registers: VPERMI2W finds a word by six
// bits of an index. Each word of x has two indexes, which are found apart.
var wordLookup = primitive{
	result: "b8", name: "lookup", doc: "y[x[i]], bytes", x: 1, out: 1,
	start: func(g *gen) {
		g.MOVQ(field("y"), y)
		for i := range 4 {
			g.VMOVUPS(emit.At(y, 64*i), g.V(16+i))
		}
		g.doublewords(8, 0x0001_0001)
		g.doublewords(9, 0x0100_0100)
		g.MOVQ(operand.U64(0x5555_5555_5555_5555), reg.RAX)
		g.KMOVQ(reg.RAX, reg.K1)
	},
	step: func(g *gen) {
		indexes, lower, upper, other, ofLower, ofUpper := g.V(0), g.V(1), g.V(2), g.V(3), g.V(8), g.V(9)
		g.VMOVUPS(emit.At(x, 0), indexes)
		g.VPSLLW(operand.U8(8), indexes, other)
		g.VPMOVW2M(other, reg.K2)
		g.VPMOVW2M(indexes, reg.K3)
		for _, half := range []struct {
			shift  int
			isHigh reg.Register
			to     reg.VecPhysical
		}{{1, reg.K2, lower}, {9, reg.K3, upper}} {
			g.VPSRLW(operand.U8(half.shift), indexes, half.to)
			g.VMOVAPS(half.to, other)
			g.VPERMI2W(g.V(17), g.V(16), half.to)
			g.VPERMI2W(g.V(19), g.V(18), other)
			g.VPBLENDMW(other, half.to, half.isHigh, half.to)
		}
		g.VPTESTMW(ofLower, indexes, reg.K2) // odd: the entry is the upper byte of its word
		g.VPSRLW(operand.U8(8), lower, reg.K2, lower)
		g.VPTESTNMW(ofUpper, indexes, reg.K3)
		g.VPSLLW(operand.U8(8), upper, reg.K3, upper)
		g.VPBLENDMB(lower, upper, reg.K1, lower)
		g.VMOVUPS(lower, emit.At(out, 0))
	},
}

var absolute = single("abs", "|x[i]|", func(g *gen, v reg.VecPhysical) { g.VANDPS(g.V(9), v, v) })

var flushed = primitive{
	result: "f32", name: "flushed", doc: "x[i], or 0 with its sign if it is subnormal", x: 4, out: 4,
	start: func(g *gen) {
		g.doublewords(8, 1<<31-1)
		g.doublewords(9, 1<<31)
		g.doublewords(10, math.Float32bits(0x1p-126))
	},
	step: func(g *gen) {
		g.loadFloats()
		g.each(func(v reg.VecPhysical) {
			magnitude, zero := tmp(g), g.V(6)
			g.VANDPS(g.V(8), v, magnitude)
			g.VANDPS(g.V(9), v, zero)
			g.keep(less, g.V(10), magnitude, zero, v, v)
		})
		g.storeWords()
	},
}

var signum = single("sign", "-1, 0 or 1 with the sign of x[i], or NaN", (*gen).signum)

var floor = rounded("floor", "x[i] rounded down", floorMode)

var ceil = rounded("ceil", "x[i] rounded up", ceilMode)

var truncated = rounded("trunc", "x[i] rounded toward zero", truncate)

var roundEven = rounded("roundeven", "x[i] rounded to nearest, halves to even", evenMode)

func rounded(name, doc string, mode uint8) primitive {
	return single(name, doc, func(g *gen, v reg.VecPhysical) { g.round(mode, v) })
}

// round rounds v by a mode.
func (g *gen) round(mode uint8, v reg.VecPhysical) {
	if g.Width == 64 {
		g.VRNDSCALEPS(operand.U8(mode), v, v)
		return
	}
	g.VROUNDPS(operand.U8(mode), v, v)
}

var square = single("square", "x[i] * x[i]", func(g *gen, v reg.VecPhysical) { g.VMULPS(v, v, v) })

var squareRoot = single("sqrt", "the square root of x[i]", func(g *gen, v reg.VecPhysical) { g.VSQRTPS(v, v) })

// reciprocalRoot is internal/activation's.
var reciprocalRoot = single("rsqrt", "1 / sqrt(x[i]), as internal/activation does", func(g *gen, v reg.VecPhysical) {
	r, p, e, c := g.V(4), g.V(6), g.V(7), g.V(12)
	g.VSQRTPS(v, r)
	g.VDIVPS(r, g.V(11), r)
	g.VMULPS(r, v, p)
	g.VMOVAPS(v, e)
	g.VFMSUB213PS(p, r, e) // x*r - p
	g.VMOVAPS(g.V(11), c)
	g.VFNMADD231PS(p, r, c) // 1 - p*r
	g.VMULPS(r, e, e)
	g.VSUBPS(e, c, c)
	g.VMULPS(g.V(13), c, c)
	g.VMULPS(r, c, e)
	g.VADDPS(e, r, e)
	g.keep(unordered, c, c, r, e, v)
})

func single(name, doc string, op func(*gen, reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, doc: doc, x: 4, out: 4,
		start: func(g *gen) {
			g.VXORPS(g.V(8), g.V(8), g.V(8))
			g.doublewords(9, 1<<31-1)
			g.doublewords(10, 1<<31)
			g.doublewords(11, math.Float32bits(1))
			g.doublewords(13, math.Float32bits(0.5))
		},
		step: func(g *gen) {
			g.loadFloats()
			g.each(func(v reg.VecPhysical) { op(g, v) })
			g.storeWords()
		},
	}
}

var leakyRelu = primitive{
	result: "f32", name: "leakyrelu", doc: "x[i], or x[i] * scale if that is less than 0", x: 4, out: 4,
	start: func(g *gen) {
		g.constants("scale")
		g.VXORPS(g.V(9), g.V(9), g.V(9))
	},
	step: func(g *gen) {
		g.loadFloats()
		g.each(func(v reg.VecPhysical) {
			g.VMULPS(g.V(8), v, tmp(g))
			g.keep(less, g.V(9), v, tmp(g), v, v)
		})
		g.storeWords()
	},
}

func conversion(name string, size int, doc string, load func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, doc: doc, x: size, out: 4,
		start: func(g *gen) { g.constants("scale") },
		step: func(g *gen) {
			for i := range vectors {
				load(g, emit.At(x, i*g.lanes()*size), g.V(i))
			}
			g.each(func(v reg.VecPhysical) { g.VMULPS(g.V(8), v, v) })
			g.storeWords()
		},
	}
}

// multiplyAdd has its third operand stride bytes behind y.
var multiplyAdd = primitive{
	result: "f32", name: "multiplyadd", doc: "x[i]*y[i] + z[i], rounded once; z is stride bytes behind y", x: 4, out: 4,
	binary: true,
	start:  func(g *gen) { g.MOVQ(field("stride"), third) },
	step: func(g *gen) {
		g.loadFloats()
		for i := range vectors {
			g.VMOVUPS(emit.At(y, i*g.Width), tmp(g))
			g.VFMADD213PS(emit.Indexed(y, third, 1, i*g.Width), tmp(g), g.V(i))
		}
		g.storeWords()
	},
}

// third is the distance of a third operand.
var third = reg.R8

func combination(name, doc string, op func(*gen, operand.Mem, reg.VecPhysical)) primitive {
	return primitive{
		result: "f32", name: name, doc: doc, x: 4, out: 4, binary: true,
		start: func(*gen) {},
		step: func(g *gen) {
			g.loadFloats()
			for i := range vectors {
				op(g, emit.At(y, i*g.Width), g.V(i))
			}
			g.storeWords()
		},
	}
}

// immediate returns a number as the shortest operand that holds it.
func immediate(n int) operand.Op {
	if n > math.MaxInt8 {
		return operand.I32(n)
	}
	return operand.I8(n)
}

// routine takes vectors vectors of float32, or one of bytes, in each round.
func (p primitive) routine(width int) emit.Routine {
	size, ySize := width, 4
	if p.size > 0 {
		size = p.size
	} else if p.result == "f64" {
		size = width / 2
	}
	if p.y > 0 {
		ySize = p.y
	}
	name := fmt.Sprintf("elementwise_%s_%s_%d_%s", p.result, p.name, size, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc:  fmt.Sprintf("%s computes, for i < n, a multiple of %d:\n\n\tout[i] = %s", name, size, p.doc),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c, Width: width}}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("out"), out)
			g.MOVQ(field("x"), x)
			if p.binary {
				g.MOVQ(field("y"), y)
			}
			g.MOVQ(field("n"), n)
			p.start(g)
			g.Label("next")
			p.step(g)
			g.ADDQ(operand.I32(size*p.x), x)
			if p.binary {
				g.ADDQ(operand.I32(size*ySize), y)
			}
			g.ADDQ(operand.I32(size*p.out), out)
			g.SUBQ(immediate(size), n)
			g.JG(operand.LabelRef("next"))
			if p.end != nil {
				p.end(g)
			}
			g.VZEROUPPER()
			g.RET()
		},
	}
}
