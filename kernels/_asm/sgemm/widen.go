package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// widenStep is how many numbers the routine widens at a time.
const widenStep = 32

// widenRoutine widens pairs of bf16.
func widenRoutine() emit.Routine {
	return emit.Routine{
		Name: "widenPairs",
		Doc: `widenPairs converts bf16 to float32 and exchanges the numbers of each pair, for every i below k:

	c[i^1] = f32(a[i])

k is a multiple of 32, and not 0.`,
		Build: func(ctx *build.Context) {
			g := &gen{emit.Gen{Context: ctx, Width: 32}}
			from := reg.RDX
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("a"), from)
			g.MOVQ(field("c"), c)
			g.MOVQ(field("k"), left)
			g.Label("step")
			for i := range widenStep / 8 {
				v := g.V(i)
				g.VPMOVZXWD(emit.At(from, 16*i), v)
				g.VPSLLD(operand.U8(16), v, v)
				g.VPSHUFD(operand.U8(0xb1), v, v)
				g.VMOVUPS(v, emit.At(c, 32*i))
			}
			g.ADDQ(operand.I8(2*widenStep), from)
			g.ADDQ(operand.I32(4*widenStep), c)
			g.SUBQ(operand.I8(widenStep), left)
			g.JNZ(operand.LabelRef("step"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}
