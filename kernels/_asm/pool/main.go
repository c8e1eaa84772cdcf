// Command pool generates the assembly of package kernels/internal/pool.
package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// largest are the types of which the maximum is one instruction, or a few, and what makes v the larger of x and v.
var largest = []struct {
	element string
	size    int
	fold    func(g *gen, x operand.Mem, v reg.VecPhysical)
}{
	{"u8", 1, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXUB(x, v, v) }},
	{"s8", 1, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXSB(x, v, v) }},
	{"u16", 2, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXUW(x, v, v) }},
	{"s16", 2, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXSW(x, v, v) }},
	{"u32", 4, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXUD(x, v, v) }},
	{"s32", 4, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VPMAXSD(x, v, v) }},
	{"f32", 4, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.maxFloats(x, v) }},
	{"s64", 8, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.maxWide(x, v) }},
	{"f64", 8, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.maxDoubles(x, v) }},
}

func routines() []emit.Routine {
	var list []emit.Routine
	for _, bytes := range []int{256, 128, 64, 32, 16, 8, 4, 2, 1} {
		width, n := block(bytes), 1
		if bytes >= 128 {
			width, n = bytes/4, 4
		}
		for _, e := range largest {
			if bytes >= e.size {
				list = append(list, fold(e.element, "max", e.size, width, n, bytes, e.fold))
			}
		}
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
			fold("f32", "average", 4, width, n, bytes, func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VADDPS(x, v, v) }),
			interpolate(width, n, bytes), weigh(width, n, bytes),
		)
		if bytes <= 64 {
			list = append(list, mean(width, bytes))
		}
		if bytes >= 8 {
			sum := func(g *gen, x operand.Mem, v reg.VecPhysical) { g.VADDPD(x, v, v) }
			list = append(list, fold("f64", "average", 8, width, n, bytes, sum))
		}
	}
	return list
}

var family = emit.Family{Name: "pool", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
