// Command pool generates the assembly of package kernels/internal/pool.
package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	var list []emit.Routine
	for _, bytes := range []int{256, 128, 64, 32, 16, 8, 4, 2, 1} {
		width, n := block(bytes), 1
		if bytes >= 128 {
			width, n = bytes/4, 4
		}
		list = append(list,
			fold("u8", "max", 1, width, n, bytes, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXUB(x, v, v) }),
			fold("s8", "max", 1, width, n, bytes, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXSB(x, v, v) }),
		)
		if bytes <= 64 {
			list = append(list, averageBytes(width, bytes))
		}
		if bytes <= 64 && bytes >= 2 {
			list = append(list, maxBF16(width, bytes))
		}
		if bytes < 4 {
			continue
		}
		list = append(list,
			fold("f32", "max", 4, width, n, bytes, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.maxFloats(x, v) }),
			fold("f32", "average", 4, width, n, bytes, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VADDPS(x, v, v) }),
			interpolate(width, n, bytes), weigh(width, n, bytes),
		)
		if bytes <= 64 {
			list = append(list, mean(width, bytes))
		}
	}
	return list
}

var family = emit.Family{Name: "pool", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
