package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// limit builds a loop of call.k iterations over registers alone.
func limit(name, doc string, acc int, product func(g *gen, i int)) emit.Routine {
	return emit.Routine{
		Name: name, Doc: doc,
		Build: func(c *build.Context) {
			g := &gen{emit.Gen{Context: c}}
			g.MOVQ(emit.Param(), reg.RDI)
			g.MOVQ(field(reg.RDI, "k"), reg.RCX)
			g.VZEROALL()
			g.Label("again")
			for i := range acc {
				product(g, i)
			}
			g.DECQ(reg.RCX)
			g.JNZ(operand.LabelRef("again"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}

func limitAVX2() emit.Routine {
	return limit("limitAVX2", fmt.Sprintf("limitAVX2 executes VPMADDWD and VPADDD 12 times in each of k iterations: %d multiply-adds.", 12*16), 12, func(g *gen, i int) {
		t := emit.Vector(12+i%2, 32)
		g.VPMADDWD(reg.Y14, reg.Y15, t)
		g.VPADDD(t, emit.Vector(i, 32), emit.Vector(i, 32))
	})
}

func limitVNNI() emit.Routine {
	return limit("limitAVX512VNNI", fmt.Sprintf("limitAVX512VNNI executes VPDPBUSD 24 times in each of k iterations: %d multiply-adds.", 24*64), 24, func(g *gen, i int) {
		g.VPDPBUSD(reg.Z0, reg.Z1, emit.Vector(8+i, 64))
	})
}
