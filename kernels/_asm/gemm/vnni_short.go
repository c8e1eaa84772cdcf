package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// shortRoutine is vnniRoutine for whole panels of 32 columns and the usual lists of steps. When a tile has been
// multiplied, its accumulators move to other registers, and its epilogue is interleaved with the first 16 bytes of K of
// the next tile.
func shortRoutine() emit.Routine {
	return emit.Routine{
		Name: "gemm_u8s8_short_7x32k4_avx512vnni",
		Doc: `gemm_u8s8_short_7x32k4_avx512vnni computes what gemm_u8s8_chain_7x32k4_avx512vnni does, where k is at
least 16, all columns are stored, and the epilogue has scale, bias and post, and may have a summand of bytes and a
range; results are bytes.`,
		Frame: usualFrame,
		Build: func(c *build.Context) {
			g := &short{usual{&gen{emit.Gen{Context: c}}, 2}}
			g.dispatch(reg.RDI, reg.RAX, 7, g.tiles)
		},
	}
}

// short is the routine being generated. While a tile is multiplied, usualC and usualSum are those of the one before;
// usualC is 0 while there is none. Behind two vector registers for B it has two for A, which are the temporaries of the
// epilogue, then the accumulators of the tile before and of this one.
type short struct{ usual }

const (
	shortBefore = 4
	shortNow    = 18
)

func (g *short) tiles(rows int) {
	t, before := newTile(64, rows, 2, shortNow), newTile(64, rows, 2, shortBefore)
	again, tap, run, done := fmt.Sprintf("tile%d", rows), g.Fresh("tap"), g.Fresh("run"), g.Fresh("multiplied")
	s := scalars{call: reg.RDI, flags: reg.RAX, p: reg.RBX, stride: reg.RCX}
	g.vnniRuns(s)
	g.begin(s)
	g.XORQ(usualC, usualC)

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
	g.TESTQ(usualC, usualC)
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
	g.follow(s.call)
	g.vnniNextTile(s.call, s.p, again)
	for _, part := range g.parts(before) {
		part()
	}
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
