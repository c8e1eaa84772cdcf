package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// shortRoutine is vnniRoutine for whole panels of 32 columns and the usual lists of steps: scale, bias, perhaps a
// summand of bytes, post, perhaps a range, and results of bytes. When a tile has been multiplied, its accumulators move
// to other registers, and its epilogue is interleaved with the first 16 bytes of K of the next tile.
func shortRoutine() emit.Routine {
	return emit.Routine{
		Name: "gemm_u8s8_short_7x32k4_avx512vnni",
		Doc: `gemm_u8s8_short_7x32k4_avx512vnni computes what gemm_u8s8_chain_7x32k4_avx512vnni does, where k is at
least 16, all columns are stored, and the epilogue has scale, bias and post, and may have a summand of bytes and a range;
results are bytes.`,
		Frame: 88,
		Build: func(c *build.Context) {
			g := &short{gen: &gen{emit.Gen{Context: c}}}
			g.dispatch(reg.RDI, reg.RAX, 7, g.tiles)
		},
	}
}

// short is the routine being generated. While a tile is multiplied, shortC and shortSum are where the next row of the
// one before is to be stored and where its summand is; shortC is 0 while there is none.
type short struct{ *gen }

var (
	shortC, shortSum, shortP = reg.R12, reg.R13, reg.R14

	shortCall   = emit.At(reg.StackPointer, 40)
	shortFlags  = emit.At(reg.StackPointer, 48)
	shortLDC    = emit.At(reg.StackPointer, 56)
	shortLDSum  = emit.At(reg.StackPointer, 64)
	shortOrder  = emit.At(reg.StackPointer, 72) // 16 bytes, see transposition
	shortOrder8 = emit.At(reg.StackPointer, 80)
)

// The vector registers: behind two for B two for A, which are temporaries between the multiplications, then the
// accumulators of the tile before and of this one.
const (
	shortTemp   = 2
	shortBefore = 4
	shortNow    = 18
)

func (g *short) tiles(rows int) {
	t, before := newTile(64, rows, 2, shortNow), newTile(64, rows, 2, shortBefore)
	again, tap, run, done := fmt.Sprintf("tile%d", rows), g.Fresh("tap"), g.Fresh("run"), g.Fresh("multiplied")
	s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.RBX, stride: reg.RCX}
	g.vnniRuns(s)
	g.begin()

	g.Label(again)
	g.MOVQ(emit.Param(), s.call)
	g.start(t, s)
	g.MOVQ(field(s.call, "b"), vnniB)
	g.vnniTaps(s)
	g.fetchResults(s.call, rows, reg.RBX, reg.RCX)
	g.aheadStart(s.call)
	g.vnniTap(t)
	g.MOVQ(vnniBegin, vnniIndex)
	g.ADDQ(operand.I8(16), vnniIndex)
	g.TESTQ(shortC, shortC)
	g.JZ(operand.LabelRef(run))
	g.fetchAhead()
	for i, part := range g.parts(before) {
		g.four(t, i)
		part()
	}
	g.ADDQ(operand.I32(4*shortStep), vnniB)
	g.ADDQ(operand.I8(16), vnniIndex)
	g.JMP(operand.LabelRef(run))
	g.Label(tap)
	g.vnniTap(t)
	g.MOVQ(vnniBegin, vnniIndex)
	g.ADDQ(operand.I8(16), vnniIndex)
	g.Label(run)
	g.run(t)
	g.DECQ(vnniLeft)
	g.JZ(operand.LabelRef(done))
	g.vnniSkip(tap)
	g.Label(done)
	for r, row := range t.acc {
		for c, acc := range row {
			g.VMOVDQA64(acc, before.acc[r][c])
		}
	}
	g.MOVQ(emit.Param(), s.call)
	g.MOVQ(vnniAhead, field(s.call, "ahead"))
	g.MOVQ(field(s.call, "cNow"), shortC)
	g.MOVQ(field(s.call, "sumNow"), shortSum)
	g.vnniNextTile(s.call, s.p, again)
	for _, part := range g.parts(before) {
		part()
	}
}

// begin stores what stays the same for all tiles. There is no tile yet whose epilogue is to be run.
func (g *short) begin() {
	call, x := reg.RDI, reg.RBX
	g.MOVQ(call, shortCall)
	g.MOVL(field(call, "flags"), x.As32())
	g.MOVL(x.As32(), shortFlags)
	g.MOVQ(field(call, "ldc"), x)
	g.MOVQ(x, shortLDC)
	g.MOVQ(field(call, "ldsum"), x)
	g.MOVQ(x, shortLDSum)
	g.MOVQ(operand.U64(transpositionLow), x)
	g.MOVQ(x, shortOrder)
	g.MOVQ(operand.U64(transpositionHigh), x)
	g.MOVQ(x, shortOrder8)
	g.XORQ(shortC, shortC)
}

// shortStep is how many bytes of B four bytes of K have.
const shortStep = 2 * 64

// four multiplies four bytes of K, the ones with number i behind the index.
func (g *short) four(t *tile, i int) { g.vnniFour(t, i*shortStep, 4*i-16) }

// run multiplies the rest of a run of each row, sixteen bytes at a time and four. The index is 16 bytes ahead.
func (g *short) run(t *tile) {
	sixteen, rest, one, done := g.Fresh("sixteen"), g.Fresh("rest"), g.Fresh("four"), g.Fresh("tap_done")
	g.TESTQ(vnniIndex, vnniIndex)
	g.JG(operand.LabelRef(rest))
	g.Label(sixteen)
	g.fetchAhead()
	for i := range 4 {
		g.four(t, i)
	}
	g.ADDQ(operand.I32(4*shortStep), vnniB)
	g.ADDQ(operand.I8(16), vnniIndex)
	g.JLE(operand.LabelRef(sixteen))
	g.Label(rest)
	g.SUBQ(operand.I8(16), vnniIndex)
	g.JZ(operand.LabelRef(done))
	g.Label(one)
	g.vnniFour(t, 0, 0)
	g.ADDQ(operand.I32(shortStep), vnniB)
	g.ADDQ(operand.I8(4), vnniIndex)
	g.JNZ(operand.LabelRef(one))
	g.Label(done)
}

// parts returns the four parts of the epilogue of t, each for all rows.
func (g *short) parts(t *tile) []func() {
	columns := func(name string, op func(...operand.Op)) {
		g.MOVQ(field(shortP, name), vnniLine)
		for c := range 2 {
			g.VMOVUPS(emit.At(vnniLine, 64*c), emit.Vector(shortTemp+c, 64))
		}
		t.each(func(c int, v reg.VecPhysical) { op(emit.Vector(shortTemp+c, 64), v, v) })
	}
	return []func(){
		func() {
			g.MOVQ(shortCall, shortP)
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
func (g *short) sum(t *tile, step uint32, widen func(m operand.Mem, v reg.VecPhysical)) {
	g.When(shortFlags, step, "sum", func() {
		scale, x := emit.Vector(shortTemp, 64), emit.Vector(shortTemp+1, 64)
		g.VBROADCASTSS(field(shortP, "sumScale"), scale)
		for r, row := range t.acc {
			for c, v := range row {
				widen(emit.At(shortSum, 16*c), x)
				g.VCVTDQ2PS(x, x)
				g.VFMADD231PS(x, scale, v)
			}
			if r+1 < len(t.acc) {
				g.ADDQ(shortLDSum, shortSum)
			}
		}
	})
}

// bound applies a bound to a tile, if saturation alone would not.
func (g *short) bound(t *tile, step uint32, name string, op func(bound, v reg.VecPhysical)) {
	g.When(shortFlags, step, name, func() {
		x := emit.Vector(shortTemp, 64)
		g.VBROADCASTSS(field(shortP, name), x)
		t.each(func(_ int, v reg.VecPhysical) { op(x, v) })
	})
}

// store saturates a tile to bytes and stores it, see bytesStore.
func (g *short) store(t *tile) {
	order, flip := emit.Vector(shortTemp, 64), emit.Vector(shortTemp+1, 64)
	g.VPMOVZXBD(shortOrder, order)
	g.VPBROADCASTD(field(shortP, "flip"), flip)
	for _, row := range t.acc {
		g.VPACKSSDW(row[1], row[0], row[0])
	}
	signed, packed := g.Fresh("signed"), g.Fresh("packed")
	pairs := func(pack func(...operand.Op)) {
		for r := 0; r < len(t.acc); r += 2 {
			low, high := t.acc[r][0], t.acc[min(r+1, len(t.acc)-1)][0]
			pack(high, low, low)
		}
	}
	g.TESTL(operand.U32(outI8), shortFlags)
	g.JNZ(operand.LabelRef(signed))
	pairs(g.VPACKUSWB)
	g.JMP(operand.LabelRef(packed))
	g.Label(signed)
	pairs(g.VPACKSSWB)
	g.Label(packed)
	for r := 0; r < len(t.acc); r += 2 {
		low := t.acc[r][0]
		g.VPERMD(low, order, low)
		g.VPXORD(flip, low, low)
		g.VMOVDQU32(emit.Y(low), emit.At(shortC, 0))
		if r+1 < len(t.acc) {
			g.ADDQ(shortLDC, shortC)
			g.VEXTRACTI64X4(operand.U8(1), low, emit.At(shortC, 0))
		}
		if r+2 < len(t.acc) {
			g.ADDQ(shortLDC, shortC)
		}
	}
}
