package main

import (
	"math"
	"slices"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// instruction is one of three operands.
type instruction = func(...operand.Op)

// bySize returns the instruction for elements of a size.
func bySize(size int, b, w, d, q instruction) instruction {
	return map[int]instruction{1: b, 2: w, 4: d, 8: q}[size]
}

// combine makes v a function of v and of y, which is memory or a register.
type combine = func(g *gen, y operand.Op, v reg.VecPhysical)

// pair is a function of numbers at the same places of x and y.
func pair(name, doc string, types, wide []element, start func(g *gen), op combine) function {
	return function{
		name: name, doc: doc, types: types, wide: wide, operands: 2, start: start,
		step: func(g *gen, i int) {
			v := g.V(0)
			g.VMOVUPS(emit.At(x, i*g.Width), v)
			op(g, emit.At(y, i*g.Width), v)
			g.VMOVUPS(v, emit.At(out, i*g.Width))
		},
	}
}

var pairs = []function{
	pair("add", "x[i] + y[i]", append(slices.Clone(bits), f64), nil, nil, (*gen).add),
	pair("subtract", "x[i] - y[i]", append(slices.Clone(bits), f64), nil, nil, (*gen).subtract),
	pair("multiply", "x[i] * y[i]", append(slices.Clone(bits), f64), nil, (*gen).startMultiply, (*gen).multiply),
	pair("maximum", "x[i] if x[i] > y[i] or x[i] is NaN, else y[i]", append(slices.Clone(wholes), f64), nil,
		(*gen).startExtreme, (*gen).maximum),
	pair("minimum", "x[i] if x[i] < y[i] or x[i] is NaN, else y[i]", append(slices.Clone(wholes), f64), nil,
		(*gen).startExtreme, (*gen).minimum),
	pair("and", "x[i] & y[i]", bits[:1], nil, nil, func(g *gen, y operand.Op, v reg.VecPhysical) { g.VANDPS(y, v, v) }),
	pair("or", "x[i] | y[i]", bits[:1], nil, nil, func(g *gen, y operand.Op, v reg.VecPhysical) { g.VORPS(y, v, v) }),
	pair("xor", "x[i] ^ y[i]", bits[:1], nil, nil, func(g *gen, y operand.Op, v reg.VecPhysical) { g.VXORPS(y, v, v) }),
	shift("shiftleft", "x[i] << y[i]", (*gen).left),
	shift("shiftright", "x[i] >> y[i], with its sign", (*gen).right),
}

// shift is a pair that shifts, by words in halves with AVX2, which shifts doublewords only.
func shift(name, doc string, op combine) function {
	f := pair(name, doc+", y[i] limited to [0, bits of the type)", wholes[2:], []element{u64, s64}, (*gen).startShift, op)
	whole := f.step
	f.step = func(g *gen, i int) {
		if g.size > 2 || g.Width == 64 {
			whole(g, i)
			return
		}
		words := g.element
		g.size = 4
		for half := range 2 {
			at, v := i*g.Width+half*g.Width/2, g.V(5+half)
			g.widen(words, 4, emit.At(x, at), v)
			g.widen(words, 4, emit.At(y, at), g.V(2))
			op(g, g.V(2), v)
			if name == "shiftleft" { // the lowest bits, as they are
				g.VPAND(g.V(10), v, v)
			}
		}
		g.element = words
		if words.signed && name == "shiftright" {
			g.VPACKSSDW(g.V(6), g.V(5), g.V(5))
		} else {
			g.VPACKUSDW(g.V(6), g.V(5), g.V(5))
		}
		g.VPERMQ(operand.U8(0xd8), g.V(5), g.V(5)) // packed within 128 bits
		g.VMOVUPS(g.V(5), emit.At(out, i*g.Width))
	}
	return f
}

func (g *gen) left(y operand.Op, v reg.VecPhysical) {
	g.limit(y)
	bySize(g.size, nil, g.VPSLLVW, g.VPSLLVD, g.VPSLLVQ)(g.V(1), v, v)
}

func (g *gen) right(y operand.Op, v reg.VecPhysical) {
	g.limit(y)
	if g.signed {
		bySize(g.size, nil, g.VPSRAVW, g.VPSRAVD, g.VPSRAVQ)(g.V(1), v, v)
	} else {
		bySize(g.size, nil, g.VPSRLVW, g.VPSRLVD, g.VPSRLVQ)(g.V(1), v, v)
	}
}

func (g *gen) add(y operand.Op, v reg.VecPhysical) {
	if g.real {
		g.VADDPD(y, v, v)
		return
	}
	bySize(g.size, g.VPADDB, g.VPADDW, g.VPADDD, g.VPADDQ)(y, v, v)
}

func (g *gen) subtract(y operand.Op, v reg.VecPhysical) {
	if g.real {
		g.VSUBPD(y, v, v)
		return
	}
	bySize(g.size, g.VPSUBB, g.VPSUBW, g.VPSUBD, g.VPSUBQ)(y, v, v)
}

func (g *gen) startMultiply() {
	if g.size == 1 {
		g.quadwords(8, 0xff00ff00ff00ff00)
		g.quadwords(9, 0x00ff00ff00ff00ff)
	}
}

// multiply multiplies bytes as words, the upper and the lower ones apart, and with AVX2 quadwords by their halves.
func (g *gen) multiply(y operand.Op, v reg.VecPhysical) {
	switch {
	case g.real:
		g.VMULPD(y, v, v)
	case g.size == 1:
		upper, other := g.like(v, 1), g.like(v, 2)
		g.VANDPS(y, g.like(v, 8), other)
		g.VPSRLW(operand.U8(8), v, upper)
		g.VPMULLW(other, upper, upper)
		g.VPMULLW(y, v, v)
		g.VANDPS(g.like(v, 9), v, v)
		g.VORPS(upper, v, v)
	case g.size == 8 && g.Width == 32:
		cross, other := g.like(v, 1), g.like(v, 2)
		g.VPSRLQ(operand.U8(32), v, cross)
		g.VMOVUPS(y, g.like(v, 3))
		g.VPMULUDQ(g.like(v, 3), cross, cross)
		g.VPSRLQ(operand.U8(32), g.like(v, 3), other)
		g.VPMULUDQ(v, other, other)
		g.VPADDQ(other, cross, cross)
		g.VPSLLQ(operand.U8(32), cross, cross)
		g.VPMULUDQ(g.like(v, 3), v, v)
		g.VPADDQ(cross, v, v)
	default:
		bySize(g.size, nil, g.VPMULLW, g.VPMULLD, g.VPMULLQ)(y, v, v)
	}
}

func (g *gen) startExtreme() { g.each(8, g.sign()) }

func (g *gen) maximum(y operand.Op, v reg.VecPhysical) {
	switch {
	case g.real:
		g.VMAXPD(y, v, g.V(1))
		g.keepNaN(v)
	case g.size == 8 && g.Width == 32:
		g.VMOVUPS(y, g.V(1))
		g.above(g.V(1), v, g.V(2))
		g.VBLENDVPD(g.V(2), v, g.V(1), v)
	case g.signed:
		bySize(g.size, g.VPMAXSB, g.VPMAXSW, g.VPMAXSD, g.VPMAXSQ)(y, v, v)
	default:
		bySize(g.size, g.VPMAXUB, g.VPMAXUW, g.VPMAXUD, g.VPMAXUQ)(y, v, v)
	}
}

func (g *gen) minimum(y operand.Op, v reg.VecPhysical) {
	switch {
	case g.real:
		g.VMINPD(y, v, g.V(1))
		g.keepNaN(v)
	case g.size == 8 && g.Width == 32:
		g.VMOVUPS(y, g.V(1))
		g.above(v, g.V(1), g.V(2))
		g.VBLENDVPD(g.V(2), v, g.V(1), v)
	case g.signed:
		bySize(g.size, g.VPMINSB, g.VPMINSW, g.VPMINSD, g.VPMINSQ)(y, v, v)
	default:
		bySize(g.size, g.VPMINUB, g.VPMINUW, g.VPMINUD, g.VPMINUQ)(y, v, v)
	}
}

// keepNaN leaves NaNs of v there, and puts register 1 elsewhere.
func (g *gen) keepNaN(v reg.VecPhysical) {
	if g.Width == 64 {
		g.VCMPPD(operand.U8(unordered), v, v, reg.K1)
		g.VBLENDMPD(v, g.V(1), reg.K1, v)
		return
	}
	g.VCMPPD(operand.U8(unordered), v, v, g.V(2))
	g.VBLENDVPD(g.V(2), v, g.V(1), v)
}

// above sets, with AVX2, all bits of the elements of to where b > a. Those without a sign are compared with the
// topmost bit, which register 8 holds, inverted; it changes registers 3 and 4.
func (g *gen) above(a, b, to reg.VecPhysical) {
	if !g.signed {
		g.VPXOR(g.V(8), a, g.V(3))
		g.VPXOR(g.V(8), b, g.V(4))
		a, b = g.V(3), g.V(4)
	}
	switch g.size {
	case 1:
		g.VPCMPGTB(a, b, to)
	case 2:
		g.VPCMPGTW(a, b, to)
	case 4:
		g.VPCMPGTD(a, b, to)
	default:
		g.VPCMPGTQ(a, b, to)
	}
}

func (g *gen) startShift() {
	most := uint64(8*g.size - 1)
	if g.Zero(g.V(9)); g.size == 2 && g.Width == 32 {
		g.quadwords(8, most|most<<32)
		g.quadwords(10, 0xffff0000ffff)
		return
	}
	g.each(8, most)
}

// limit makes register 1 how many bits y shifts by.
func (g *gen) limit(y operand.Op) {
	if !g.signed {
		bySize(g.size, nil, g.VPMINUW, g.VPMINUD, g.VPMINUQ)(y, g.V(8), g.V(1))
		return
	}
	bySize(g.size, nil, g.VPMAXSW, g.VPMAXSD, g.VPMAXSQ)(y, g.V(9), g.V(1))
	bySize(g.size, nil, g.VPMINSW, g.VPMINSD, g.VPMINSQ)(g.V(8), g.V(1), g.V(1))
}

// one is a function of a number.
func one(name, doc string, types []element, start func(g *gen), op func(g *gen, v reg.VecPhysical)) function {
	return function{
		name: name, doc: doc, types: types, operands: 1, start: start,
		step: func(g *gen, i int) {
			v := g.V(0)
			g.VMOVUPS(emit.At(x, i*g.Width), v)
			op(g, v)
			g.VMOVUPS(v, emit.At(out, i*g.Width))
		},
	}
}

// The predicates of comparisons.
const (
	unordered        = 3
	ordered          = 7
	unequal          = 12 // and ordered
	notLess          = 13 // and ordered
	lessQuietly      = 17
	lessEqualQuietly = 18
	floorMode        = 8 | 1 // without an exception for fractions
	ceilMode         = 8 | 2
	evenMode         = 8
)

var ones = []function{
	one("abs", "|x[i]|", signed, func(g *gen) { g.Zero(g.V(8)) }, (*gen).abs),
	one("floor", "x[i] rounded down", []element{f64}, nil, rounded(floorMode)),
	one("ceil", "x[i] rounded up", []element{f64}, nil, rounded(ceilMode)),
	one("roundeven", "x[i] rounded to nearest, halves to even", []element{f64}, nil, rounded(evenMode)),
	one("relu", "0 if x[i] < 0, else x[i]", []element{f64}, func(g *gen) { g.Zero(g.V(8)) },
		func(g *gen, v reg.VecPhysical) { g.VMAXPD(v, g.V(8), v) }), // v if it is NaN, or both are zeros
	one("relu6", "0 if x[i] < 0, 6 if x[i] > 6, else x[i]", []element{f64}, func(g *gen) {
		g.Zero(g.V(8))
		g.quadwords(9, math.Float64bits(6))
	}, func(g *gen, v reg.VecPhysical) {
		g.VMAXPD(v, g.V(8), v)
		g.VMINPD(v, g.V(9), v)
	}),
	one("sign", "1 with the sign of x[i], or x[i] if it is 0 or NaN", []element{f64}, func(g *gen) {
		g.Zero(g.V(8))
		g.quadwords(9, 1<<63)
		g.quadwords(10, math.Float64bits(1))
	}, (*gen).signum),
}

func rounded(mode uint8) func(g *gen, v reg.VecPhysical) {
	return func(g *gen, v reg.VecPhysical) {
		if g.Width == 64 {
			g.VRNDSCALEPD(operand.U8(mode), v, v)
		} else {
			g.VROUNDPD(operand.U8(mode), v, v)
		}
	}
}

func (g *gen) abs(v reg.VecPhysical) {
	if g.size == 8 && g.Width == 32 {
		g.VPSUBQ(v, g.V(8), g.V(1))
		g.VBLENDVPD(v, g.V(1), v, v)
		return
	}
	bySize(g.size, g.VPABSB, g.VPABSW, g.VPABSD, g.VPABSQ)(v, v)
}

func (g *gen) signum(v reg.VecPhysical) {
	g.VANDPD(g.V(9), v, g.V(1))
	g.VORPD(g.V(10), g.V(1), g.V(1))
	if g.Width == 64 {
		g.VCMPPD(operand.U8(unequal), g.V(8), v, reg.K1)
		g.VBLENDMPD(g.V(1), v, reg.K1, v)
		return
	}
	g.VCMPPD(operand.U8(unequal), g.V(8), v, g.V(2))
	g.VBLENDVPD(g.V(2), g.V(1), v, v)
}
