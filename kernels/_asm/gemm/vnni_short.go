package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// shortRoutine is vnniRoutine for whole panels of 32 columns and the usual lists of steps: scale, bias, perhaps a
// summand of bytes, post, perhaps a range, and results of bytes. The accumulators of a tile go through memory, and its
// epilogue runs beside the multiplications of the next one, two rows with every 16 bytes of K.
func shortRoutine() emit.Routine {
	return emit.Routine{
		Name: "gemm_u8s8_short_6x32k4_avx512vnni",
		Doc: `gemm_u8s8_short_6x32k4_avx512vnni computes tiles of rows by 32 columns, for every m below rows*tiles:

	c[m,n] = epilogue(init[n] + sum over t < taps, k4 < k/4, i < 4 of a[offsets[m,t]+4*k4+i] * b[t,k4,n,i])

k is a multiple of 4. The epilogue has scale, bias and post, and may have a summand of bytes and a range; results are
bytes. acc has room for the accumulators of a tile.`,
		Frame: 64,
		Build: func(c *build.Context) {
			g := &short{gen: &gen{emit.Gen{Context: c}}}
			g.dispatch(reg.RDI, reg.RAX, 6, g.tiles)
		},
	}
}

// short is the routine being generated. While a tile is multiplied, shortC and shortSum are where the next row of the one
// before is to be stored and where its summand is; shortAcc has its accumulators, and shortEnd is behind the last of them.
type short struct{ *gen }

var (
	shortC, shortSum, shortAcc = reg.R12, reg.R13, reg.R14

	shortEnd   = emit.At(reg.StackPointer, 32)
	shortFlags = emit.At(reg.StackPointer, 40)
	shortLDC   = emit.At(reg.StackPointer, 48)
	shortLDSum = emit.At(reg.StackPointer, 56)
)

const (
	shortRow   = 2 * 64 // bytes of a row's accumulators
	shortChunk = 2      // rows of the epilogue that run beside 16 bytes of K
)

// The vector registers of the epilogue, beside those of a tile: results of a chunk, [column] operands and constants.
var (
	shortSummand = reg.Z7
	shortResult  = [][]reg.VecPhysical{{reg.Z20, reg.Z21}, {reg.Z22, reg.Z23}}
	shortScale   = []reg.VecPhysical{reg.Z24, reg.Z25}
	shortBias    = []reg.VecPhysical{reg.Z26, reg.Z27}
	shortPost    = []reg.VecPhysical{reg.Z28, reg.Z29}
	shortOrder   = reg.Z30
	shortFlip    = reg.Z31
	shortScaled  = reg.Z6 // the scale of the summand
)

func (g *short) tiles(rows int) {
	t, again, tap := newTile(64, rows, 2, 8), fmt.Sprintf("tile%d", rows), g.Fresh("tap")
	s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.RBX, stride: reg.RCX}
	g.begin(rows)

	g.Label(again)
	g.vnniStart(t, s)
	g.fetchResults(s.call, rows, reg.RBX, reg.RCX)
	g.aheadStart(s.call)
	g.Label(tap)
	g.vnniTap(rows)
	g.run(t)
	g.DECQ(vnniLeft)
	g.JNZ(operand.LabelRef(tap))

	g.MOVQ(emit.Param(), s.call)
	g.MOVQ(vnniAhead, field(s.call, "ahead"))
	drain, drained, done := g.Fresh("drain"), g.Fresh("drained"), g.Fresh("done")
	g.Label(drain)
	g.CMPQ(shortAcc, shortEnd)
	g.JEQ(operand.LabelRef(drained))
	for _, part := range g.chunk(rows) {
		part()
	}
	g.JMP(operand.LabelRef(drain))
	g.Label(drained)
	g.CMPQ(field(s.call, "tiles"), operand.I8(0))
	g.JEQ(operand.LabelRef(done))
	g.MOVQ(field(s.call, "acc"), shortAcc)
	for r, row := range t.acc {
		for c, acc := range row {
			g.VMOVUPS(acc, emit.At(shortAcc, r*shortRow+c*64))
		}
	}
	g.nextTile(s.call, s.p, rows, again, func() {
		g.IMUL3Q(operand.I8(4*rows), field(s.call, "taps"), s.p)
		g.ADDQ(s.p, field(s.call, "offsetsNow"))
	})
	g.JMP(operand.LabelRef(drain))
	g.Label(done)
}

// begin loads what stays the same for all tiles. There is no tile yet whose epilogue is to be run.
func (g *short) begin(rows int) {
	call := reg.RDI
	g.transposition(shortOrder, reg.RBX)
	g.VPBROADCASTD(field(call, "flip"), shortFlip)
	g.VBROADCASTSS(field(call, "sumScale"), shortScaled)
	for _, o := range []struct {
		name string
		v    []reg.VecPhysical
	}{{"scale", shortScale}, {"bias", shortBias}, {"post", shortPost}} {
		g.MOVQ(field(call, o.name), reg.RBX)
		for c, v := range o.v {
			g.VMOVUPS(emit.At(reg.RBX, 64*c), v)
		}
	}
	g.MOVL(field(call, "flags"), reg.EBX)
	g.MOVL(reg.EBX, shortFlags)
	g.MOVQ(field(call, "ldc"), reg.RBX)
	g.MOVQ(reg.RBX, shortLDC)
	g.MOVQ(field(call, "ldsum"), reg.RBX)
	g.MOVQ(reg.RBX, shortLDSum)
	g.MOVQ(field(call, "c"), shortC)
	g.MOVQ(field(call, "sum"), shortSum)
	g.MOVQ(field(call, "acc"), shortAcc)
	g.ADDQ(operand.I32(rows*shortRow), shortAcc)
	g.MOVQ(shortAcc, shortEnd)
}

// run multiplies a run of each row: sixteen bytes at a time, with a chunk of the epilogue as long as one is left, and four.
func (g *short) run(t *tile) {
	const stepB = 2 * 64
	both, sixteen := g.Fresh("both"), g.Fresh("sixteen")
	rest, one, done := g.Fresh("rest"), g.Fresh("four"), g.Fresh("tap_done")
	advance := func(again string) {
		g.ADDQ(operand.I32(4*stepB), vnniB)
		g.ADDQ(operand.I8(16), vnniIndex)
		g.JLE(operand.LabelRef(again))
	}
	g.MOVQ(vnniBegin, vnniIndex)
	g.ADDQ(operand.I8(16), vnniIndex)
	g.JG(operand.LabelRef(rest))
	g.Label(both)
	g.CMPQ(shortAcc, shortEnd)
	g.JEQ(operand.LabelRef(sixteen))
	g.fetchAhead()
	for i, part := range g.chunk(len(t.acc)) {
		g.vnniFour(t, i*stepB, 4*i-16)
		part()
	}
	advance(both)
	g.JMP(operand.LabelRef(rest))
	g.Label(sixteen)
	g.fetchAhead()
	for i := range 4 {
		g.vnniFour(t, i*stepB, 4*i-16)
	}
	advance(sixteen)
	g.Label(rest)
	g.SUBQ(operand.I8(16), vnniIndex)
	g.JZ(operand.LabelRef(done))
	g.Label(one)
	g.vnniFour(t, 0, 0)
	g.ADDQ(operand.I32(stepB), vnniB)
	g.ADDQ(operand.I8(4), vnniIndex)
	g.JNZ(operand.LabelRef(one))
	g.Label(done)
}

// chunk returns the four parts of the epilogue of the next rows.
func (g *short) chunk(rows int) []func() {
	n := shortChunk
	if rows%shortChunk != 0 {
		n = 1
	}
	v := shortResult[:n]
	each := func(f func(r, c int, v reg.VecPhysical)) {
		for r, row := range v {
			for c, v := range row {
				f(r, c, v)
			}
		}
	}
	return []func(){
		func() {
			each(func(r, c int, v reg.VecPhysical) { g.VCVTDQ2PS(emit.At(shortAcc, r*shortRow+c*64), v) })
			g.ADDQ(operand.I32(n*shortRow), shortAcc)
			each(func(_, c int, v reg.VecPhysical) { g.VMULPS(shortScale[c], v, v) })
		},
		func() {
			each(func(_, c int, v reg.VecPhysical) { g.VADDPS(shortBias[c], v, v) })
			g.sum(stepSumU8, each, func(m operand.Mem, v reg.VecPhysical) { g.VPMOVZXBD(m, v) })
			g.sum(stepSumI8, each, func(m operand.Mem, v reg.VecPhysical) { g.VPMOVSXBD(m, v) })
		},
		func() {
			each(func(_, c int, v reg.VecPhysical) { g.VMULPS(shortPost[c], v, v) })
			g.bound(stepLo, "lo", each, func(bound, v reg.VecPhysical) { g.VMAXPS(bound, v, v) })
			g.bound(stepHi, "hi", each, func(bound, v reg.VecPhysical) { g.VMINPS(v, bound, v) })
			each(func(_, _ int, v reg.VecPhysical) { g.VCVTPS2DQ(v, v) })
		},
		func() { g.store(v) },
	}
}

// sum adds the summands of a chunk.
func (g *short) sum(
	step uint32, each func(func(r, c int, v reg.VecPhysical)), widen func(m operand.Mem, v reg.VecPhysical),
) {
	g.When(shortFlags, step, "sum", func() {
		each(func(r, c int, v reg.VecPhysical) {
			x := shortSummand
			widen(emit.At(shortSum, 16*c), x)
			g.VCVTDQ2PS(x, x)
			g.VFMADD231PS(x, shortScaled, v)
			if c == 1 {
				g.ADDQ(shortLDSum, shortSum)
			}
		})
	})
}

// bound applies a bound to a chunk, if saturation alone would not.
func (g *short) bound(
	step uint32, name string, each func(func(r, c int, v reg.VecPhysical)), op func(bound, v reg.VecPhysical),
) {
	g.When(shortFlags, step, name, func() {
		g.MOVQ(emit.Param(), vnniLine)
		g.VBROADCASTSS(field(vnniLine, name), shortSummand)
		each(func(_, _ int, v reg.VecPhysical) { op(shortSummand, v) })
	})
}

// store saturates the rows of a chunk to bytes and stores them, see bytesStore.
func (g *short) store(v [][]reg.VecPhysical) {
	signed, packed := g.Fresh("signed"), g.Fresh("packed")
	low, high := v[0][0], v[len(v)-1][0]
	for _, row := range v {
		g.VPACKSSDW(row[1], row[0], row[0])
	}
	g.TESTL(operand.U32(outI8), shortFlags)
	g.JNZ(operand.LabelRef(signed))
	g.VPACKUSWB(high, low, low)
	g.JMP(operand.LabelRef(packed))
	g.Label(signed)
	g.VPACKSSWB(high, low, low)
	g.Label(packed)
	g.VPERMD(low, shortOrder, low)
	g.VPXORD(shortFlip, low, low)
	g.VMOVDQU32(emit.Y(low), emit.At(shortC, 0))
	g.ADDQ(shortLDC, shortC)
	if len(v) == 2 {
		g.VEXTRACTI64X4(operand.U8(1), low, emit.At(shortC, 0))
		g.ADDQ(shortLDC, shortC)
	}
}
