package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// The general registers.
var call, out, x, y, n = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX

// vectors is how many vectors of float32 each round takes: as many elements as a vector
// has bytes.
const vectors = 4

// gen is one routine being generated: its vectors are width bytes long. Registers 0 to
// 3 hold the values of a round, those from 8 on constants.
type gen struct {
	emit.Gen
}

func (g *gen) lanes() int { return g.Width / 4 }

func tmp(g *gen) reg.VecPhysical { return g.V(4) }

func field(name string) operand.Mem { return arguments.At(call, name) }

// constants fills registers 8 and following with fields of the call.
func (g *gen) constants(names ...string) {
	for i, name := range names {
		g.VBROADCASTSS(field(name), g.V(8+i))
	}
}

func (g *gen) each(f func(v reg.VecPhysical)) {
	for i := range vectors {
		f(g.V(i))
	}
}

func (g *gen) loadFloats() {
	for i := range vectors {
		g.VMOVUPS(emit.At(x, i*g.Width), g.V(i))
	}
}

// prefetchFloats prefetches what later rounds will load. The CPU does so by itself, but only within a page.
func (g *gen) prefetchFloats() {
	const ahead = 2048 // bytes
	for i := 0; i < vectors*g.Width; i += 64 {
		g.PREFETCHT0(emit.At(x, ahead+i))
	}
}

func (g *gen) storeWords() {
	for i := range vectors {
		g.VMOVUPS(g.V(i), emit.At(out, i*g.Width))
	}
}

// clamp limits v to registers 8 and 9. A NaN is replaced by the second source.
func (g *gen) clamp(v reg.VecPhysical) {
	g.VMAXPS(g.V(8), v, v)
	g.VMINPS(g.V(9), v, v)
}

// The predicates of comparisons.
const (
	unordered         = 3
	notLessOrEqual    = 6 // or unordered
	ordered           = 7
	notGreaterOrEqual = 9  // or unordered
	unequal           = 12 // and ordered
)

// keep puts yes into to where x compares with y, and no elsewhere. It changes register 5, or
// mask 1.
func (g *gen) keep(predicate int, y operand.Op, x, yes, no, to reg.VecPhysical) {
	if g.Width == 64 {
		g.VCMPPS(operand.U8(predicate), y, x, reg.K1)
		g.VBLENDMPS(yes, no, reg.K1, to)
		return
	}
	g.VCMPPS(operand.U8(predicate), y, x, g.V(5))
	g.VBLENDVPS(g.V(5), yes, no, to)
}

// signum makes v 1 with its sign, unless it is 0, in register 8, or NaN; registers 10 and 11
// hold the bit of the sign and 1.
func (g *gen) signum(v reg.VecPhysical) {
	g.VANDPS(g.V(10), v, tmp(g))
	g.VORPS(g.V(11), tmp(g), tmp(g))
	g.keep(unequal, g.V(8), v, tmp(g), v, v)
}

// zeroNaN makes NaNs of v 0.
func (g *gen) zeroNaN(v reg.VecPhysical) {
	if g.Width == 64 {
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
	g.VMOVD(reg.EAX, emit.X(g.V(i)))
	g.VBROADCASTSS(emit.X(g.V(i)), g.V(i))
}

// beforeHalf is the greatest float32 less than 1/2: added to a number and truncated it
// rounds that, where 1/2 itself would take what lies just below 1/2 to 1.
const beforeHalf = 0x1.fffffep-2

// The rounding modes, without an exception for fractions.
const (
	evenMode  = 8
	floorMode = 8 | 1
	ceilMode  = 8 | 2
	truncate  = 8 | 3
)

// roundAway adds beforeHalf, in register 9, with the sign of v, and truncates; register 8
// holds the bit of the sign.
func (g *gen) roundAway(v reg.VecPhysical) {
	half := tmp(g)
	if g.Width == 64 {
		g.VPANDD(g.V(8), v, half)
		g.VPORD(g.V(9), half, half)
		g.VADDPS(half, v, v)
		g.VRNDSCALEPS(operand.U8(truncate), v, v)
		return
	}
	g.VPAND(g.V(8), v, half)
	g.VPOR(g.V(9), half, half)
	g.VADDPS(half, v, v)
	g.VROUNDPS(operand.U8(truncate), v, v)
}

// maximum makes v the larger of v and y, or NaN if v is.
func (g *gen) maximum(y operand.Mem, v reg.VecPhysical) {
	g.VMAXPS(y, v, tmp(g))
	g.keepNaN(v)
}

// minimum is maximum for the smaller.
func (g *gen) minimum(y operand.Mem, v reg.VecPhysical) {
	g.VMINPS(y, v, tmp(g))
	g.keepNaN(v)
}

// keepNaN leaves NaNs of v there, and puts tmp elsewhere.
func (g *gen) keepNaN(v reg.VecPhysical) {
	if g.Width == 64 {
		g.VCMPPS(operand.U8(unordered), v, v, reg.K1)
		g.VMOVAPS(v, reg.K1, tmp(g))
		g.VMOVAPS(tmp(g), v)
		return
	}
	mask := g.V(5)
	g.VCMPPS(operand.U8(unordered), v, v, mask)
	g.VBLENDVPS(mask, v, tmp(g), v)
}

// unpacking makes register 13 the order of doublewords that undoes what packing, which works
// within 128-bit lanes, does to theirs.
func (g *gen) unpacking() {
	if g.Width == 64 {
		g.MOVQ(operand.U64(0x0d0905010c080400), reg.RAX)
		g.VMOVQ(reg.RAX, reg.X13)
		g.MOVQ(operand.U64(0x0f0b07030e0a0602), reg.RAX)
		g.VPINSRQ(operand.U8(1), reg.RAX, reg.X13, reg.X13)
		g.VPMOVZXBD(reg.X13, reg.Z13)
		return
	}
	g.MOVQ(operand.U64(0x0703060205010400), reg.RAX)
	g.VMOVQ(reg.RAX, reg.X13)
	g.VPMOVZXBD(reg.X13, reg.Y13)
}

// bytes fills registers 13 and 14 for storeBytes, which finds the bits to invert in 12.
func (g *gen) bytes() {
	g.unpacking()
	g.doublewords(14, 0x00ff00ff)
}

// storeBytes stores the lowest byte of each doubleword, of values within the range of i8 or u8, some bits inverted.
func (g *gen) storeBytes() {
	flip, low := g.V(12), g.V(14)
	and := func(x, y, z operand.Op) { g.VPAND(x, y, z) }
	if g.Width == 64 {
		and = func(x, y, z operand.Op) { g.VPANDD(x, y, z) }
	}
	g.VPACKSSDW(g.V(1), g.V(0), g.V(0))
	g.VPACKSSDW(g.V(3), g.V(2), g.V(2))
	and(low, g.V(0), g.V(0))
	and(low, g.V(2), g.V(2))
	g.VPACKUSWB(g.V(2), g.V(0), g.V(0))
	g.VPERMD(g.V(0), g.V(13), g.V(0))
	g.Xor(flip, g.V(0), g.V(0))
	g.VMOVUPS(g.V(0), emit.At(out, 0))
}
