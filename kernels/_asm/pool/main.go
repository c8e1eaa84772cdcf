// Command pool generates the assembly of package kernels/internal/pool.
package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	var list []emit.Routine
	for _, width := range []int{64, 32, 16} {
		vectors := []int{4, 1}
		if width == 16 {
			vectors = []int{1}
		}
		for _, n := range vectors {
			list = append(list,
				fold("u8", "max", 1, width, n, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXUB(x, v, v) }),
				fold("s8", "max", 1, width, n, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXSB(x, v, v) }),
				fold("f32", "max", 4, width, n, (*gen).maxFloats),
				fold("f32", "average", 4, width, n, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VADDPS(x, v, v) }),
			)
		}
		list = append(list, averageBytes(width), mean(width))
	}
	return list
}

var family = emit.Family{Name: "pool", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
