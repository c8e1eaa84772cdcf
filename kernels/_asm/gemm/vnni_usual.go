package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// usual is the epilogue of the usual lists of steps, without a test for a step that all of them have: scale, bias,
// perhaps a summand of bytes, post, perhaps a range, and results of bytes. All columns are stored.
type usual struct {
	*gen
	temp int // the first of its vector registers: one for each vector of columns, at least two
}

var (
	// usualC and usualSum are where the next row of the tile is to be stored and where its summand is.
	usualC, usualSum, usualP = reg.R12, reg.R13, reg.R14

	usualCall   = emit.At(reg.StackPointer, 40)
	usualFlags  = emit.At(reg.StackPointer, 48)
	usualLDC    = emit.At(reg.StackPointer, 56)
	usualLDSum  = emit.At(reg.StackPointer, 64)
	usualOrder  = emit.At(reg.StackPointer, 72) // 16 bytes, see transposition
	usualOrder8 = emit.At(reg.StackPointer, 80)
)

// usualFrame is the size of the locals, those of vnniRoutine among them.
const usualFrame = 88

// begin stores what stays the same for all tiles.
func (g *usual) begin(s scalars) {
	x := s.p
	g.MOVQ(s.call, usualCall)
	g.MOVL(field(s.call, "flags"), x.As32())
	g.MOVL(x.As32(), usualFlags)
	g.MOVQ(field(s.call, "ldc"), x)
	g.MOVQ(x, usualLDC)
	g.MOVQ(field(s.call, "ldsum"), x)
	g.MOVQ(x, usualLDSum)
	g.MOVQ(operand.U64(transpositionLow), x)
	g.MOVQ(x, usualOrder)
	g.MOVQ(operand.U64(transpositionHigh), x)
	g.MOVQ(x, usualOrder8)
}

// follow points to the tile that has been multiplied.
func (g *usual) follow(call reg.GPPhysical) {
	g.MOVQ(field(call, "cNow"), usualC)
	g.MOVQ(field(call, "sumNow"), usualSum)
}

// parts returns the four parts of the epilogue of t, each for all rows.
func (g *usual) parts(t *tile) []func() {
	columns := func(name string, op func(...operand.Op)) {
		g.MOVQ(field(usualP, name), vnniLine)
		for c := range t.acc[0] {
			g.VMOVUPS(emit.At(vnniLine, 64*c), emit.Vector(g.temp+c, 64))
		}
		t.each(func(c int, v reg.VecPhysical) { op(emit.Vector(g.temp+c, 64), v, v) })
	}
	return []func(){
		func() {
			g.MOVQ(usualCall, usualP)
			t.each(func(_ int, v reg.VecPhysical) { g.VCVTDQ2PS(v, v) })
			columns("scale", g.VMULPS)
		},
		func() {
			columns("bias", g.VADDPS)
			g.sum(t, stepSumU8, func(m operand.Mem, v reg.VecPhysical) { g.VPMOVZXBD(m, v) })
			g.sum(t, stepSumI8, func(m operand.Mem, v reg.VecPhysical) { g.VPMOVSXBD(m, v) })
		},
		func() {
			columns("post", g.VMULPS)
			g.bound(t, stepLo, "lo", func(bound, v reg.VecPhysical) { g.VMAXPS(bound, v, v) })
			g.bound(t, stepHi, "hi", func(bound, v reg.VecPhysical) { g.VMINPS(v, bound, v) })
			t.each(func(_ int, v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
		},
		func() { g.store(t) },
	}
}

// sum adds the summands of a tile.
func (g *usual) sum(t *tile, step uint32, widen func(m operand.Mem, v reg.VecPhysical)) {
	g.When(usualFlags, step, "sum", func() {
		scale, x := emit.Vector(g.temp, 64), emit.Vector(g.temp+1, 64)
		g.VBROADCASTSS(field(usualP, "sumScale"), scale)
		for r, row := range t.acc {
			for c, v := range row {
				widen(emit.At(usualSum, 16*c), x)
				g.VCVTDQ2PS(x, x)
				g.VFMADD231PS(x, scale, v)
			}
			if r+1 < len(t.acc) {
				g.ADDQ(usualLDSum, usualSum)
			}
		}
	})
}

// bound applies a bound to a tile, if saturation alone would not.
func (g *usual) bound(t *tile, step uint32, name string, op func(bound, v reg.VecPhysical)) {
	g.When(usualFlags, step, name, func() {
		x := emit.Vector(g.temp, 64)
		g.VBROADCASTSS(field(usualP, name), x)
		t.each(func(_ int, v reg.VecPhysical) { op(x, v) })
	})
}

// store saturates a tile to bytes and stores it, two rows of two vectors or one of four at a time. Packing works within
// 128-bit lanes, see bytesStore.
func (g *usual) store(t *tile) {
	order, flip := emit.Vector(g.temp, 64), emit.Vector(g.temp+1, 64)
	g.VPMOVZXBD(usualOrder, order)
	g.VPBROADCASTD(field(usualP, "flip"), flip)
	var halves []reg.VecPhysical // of vectors of bytes: two vectors of words each
	for _, row := range t.acc {
		for c := 0; c < len(row); c += 2 {
			g.VPACKSSDW(row[c+1], row[c], row[c])
			halves = append(halves, row[c])
		}
	}
	signed, packed := g.Fresh("signed"), g.Fresh("packed")
	pairs := func(pack func(...operand.Op)) {
		for i := 0; i < len(halves); i += 2 {
			pack(halves[min(i+1, len(halves)-1)], halves[i], halves[i])
		}
	}
	g.TESTL(operand.U32(outI8), usualFlags)
	g.JNZ(operand.LabelRef(signed))
	pairs(g.VPACKUSWB)
	g.JMP(operand.LabelRef(packed))
	g.Label(signed)
	pairs(g.VPACKSSWB)
	g.Label(packed)
	for i := 0; i < len(halves); i += 2 {
		v := halves[i]
		if i > 0 {
			g.ADDQ(usualLDC, usualC)
		}
		g.VPERMD(v, order, v)
		g.VPXORD(flip, v, v)
		switch {
		case len(t.acc[0]) == 4:
			g.VMOVDQU32(v, emit.At(usualC, 0))
		default:
			g.VMOVDQU32(emit.Y(v), emit.At(usualC, 0))
			if i+1 < len(halves) {
				g.ADDQ(usualLDC, usualC)
				g.VEXTRACTI64X4(operand.U8(1), v, emit.At(usualC, 0))
			}
		}
	}
}
