package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// limit builds a loop of call.k iterations over registers alone, each of acc steps of products
// multiply-adds.
func limit(name, instructions string, acc, products int, step func(g *gen, i int)) emit.Routine {
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf("%s executes %s %d times in each of k iterations: %d multiply-adds.",
			name, instructions, acc, acc*products),
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			g.MOVQ(emit.Param(), reg.RDI)
			g.MOVQ(field(reg.RDI, "k"), reg.RCX)
			g.VZEROALL()
			g.Label("again")
			for i := range acc {
				step(g, i)
			}
			g.DECQ(reg.RCX)
			g.JNZ(operand.LabelRef("again"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

func limitAVX2() emit.Routine {
	return limit("limitAVX2", "VPMADDWD and VPADDD", 12, 16, func(g *gen, i int) {
		t, acc := emit.Vector(12+i%2, 32), emit.Vector(i, 32)
		g.VPMADDWD(reg.Y14, reg.Y15, t)
		g.VPADDD(t, acc, acc)
	})
}

func limitAVXVNNI() emit.Routine {
	return limit("limitAVXVNNI", "VPDPBUSD", 12, 32, func(g *gen, i int) {
		g.DotBytes(reg.Y0, reg.Y1, emit.Vector(4+i, 32))
	})
}

func limitVNNI() emit.Routine {
	return limit("limitAVX512VNNI", "VPDPBUSD", 24, 64, func(g *gen, i int) {
		g.VPDPBUSD(reg.Z0, reg.Z1, emit.Vector(8+i, 64))
	})
}

func limitAMX() emit.Routine {
	return emit.Routine{
		Name: "limitAMX",
		Doc:  "limitAMX executes TDPBUSD 4 times in each of k iterations: 65536 multiply-adds.",
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			g.MOVQ(emit.Param(), reg.RDI)
			g.MOVQ(field(reg.RDI, "shapes"), reg.RCX)
			g.ConfigureTiles(emit.At(reg.RCX, 0))
			g.MOVQ(field(reg.RDI, "k"), reg.RCX)
			g.Label("again")
			for half := range 2 {
				for c := range 2 {
					g.DotTiles(amxB[c], amxA[half], amxAcc[half][c])
				}
			}
			g.DECQ(reg.RCX)
			g.JNZ(operand.LabelRef("again"))
			g.ReleaseTiles()
			g.RET()
		},
	}
}
