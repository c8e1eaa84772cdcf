package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// vnniPanel is the distance of the second panel from the first one.
var vnniPanel = reg.R9

// wideRoutine is vnniRoutine for two whole panels at once, with the usual lists of steps or results of 32 bits. A tile
// of 6 rows by 64 columns takes 1.4 instructions for each VPDPBUSD, one of 7 by 32 takes 1.7: too many for a core that
// two threads share.
func wideRoutine() emit.Routine {
	const rows, cols, first = 6, 4, 8
	return emit.Routine{
		Name: "gemm_u8s8_wide_6x64k4_avx512vnni",
		Doc: `gemm_u8s8_wide_6x64k4_avx512vnni computes what gemm_u8s8_chain_7x32k4_avx512vnni does, for two panels,
which are panelBytes apart. All columns are stored. Results are words, or bytes, for which the epilogue has scale,
bias and post, and may have a summand of bytes and a range.`,
		Frame: usualFrame,
		Build: func(c *build.Context) {
			g := &usual{&gen{emit.Gen{Context: c}}, 0}
			g.dispatch(reg.RDI, reg.RAX, rows, func(rows int) {
				g.begin(scalars{call: reg.RDI, p: reg.RBX})
				g.MOVQ(field(reg.RDI, "panelBytes"), vnniPanel)
				t := newTile(64, rows, cols, first)
				t.whole = true
				g.vnniTiles(vnniSums(t, 32-first), g.wideEpilogue)
			})
		},
	}
}

// wideEpilogue applies the steps to a tile and stores it.
func (g *usual) wideEpilogue(t *tile, s scalars) {
	words, stored := g.Fresh("words"), g.Fresh("stored")
	g.TESTL(operand.U32(outU8|outI8), usualFlags)
	g.JZ(operand.LabelRef(words))
	g.follow(s.call)
	for _, part := range g.parts(t) {
		part()
	}
	g.JMP(operand.LabelRef(stored))
	g.Label(words)
	g.words(t, s)
	g.Label(stored)
}
