package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// interleaveRoutine brings 16 columns of kr rows of B, 2 or 4, to groups of kr bytes.
func interleaveRoutine(kr int) emit.Routine {
	name := fmt.Sprintf("interleave%d", kr)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s packs 16 columns of B, for every i below k, a number of steps:

	c[i*ldc+n*%d+r] = b[(i*%[2]d+r)*lda+n]    for n < 16, r < %[2]d`, name, kr),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			call, src, dst, n, from, to := reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.R8, reg.R9
			row := []reg.VecPhysical{reg.X0, reg.X1, reg.X2, reg.X3}[:kr]
			out := []reg.VecPhysical{reg.X4, reg.X5, reg.X6, reg.X7}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field(call, "b"), src)
			g.MOVQ(field(call, "c"), dst)
			g.MOVQ(field(call, "lda"), from)
			g.MOVQ(field(call, "ldc"), to)
			g.MOVQ(field(call, "k"), n)
			g.Label("step")
			for _, x := range row {
				g.VMOVDQU(emit.At(src, 0), x)
				g.ADDQ(from, src)
			}
			for i := 0; i < kr; i += 2 {
				g.VPUNPCKLBW(row[i+1], row[i], out[i])
				g.VPUNPCKHBW(row[i+1], row[i], out[i+1])
			}
			if kr == 4 {
				g.VPUNPCKLWD(out[2], out[0], row[0])
				g.VPUNPCKHWD(out[2], out[0], row[1])
				g.VPUNPCKLWD(out[3], out[1], row[2])
				g.VPUNPCKHWD(out[3], out[1], row[3])
				copy(out, row)
			}
			for i := range kr {
				g.VMOVDQU(out[i], emit.At(dst, 16*i))
			}
			g.ADDQ(to, dst)
			g.DECQ(n)
			g.JNZ(operand.LabelRef("step"))
			g.RET()
		},
	}
}
