// Command sgemm generates the assembly of package kernels/internal/sgemm.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() (all []emit.Routine) {
	for _, t := range []tiling{
		{64, 12, 2, floats},
		{64, 12, 1, floats},
		{32, 6, 2, floats},
		{32, 6, 1, floats},
		{64, 12, 2, pairsBF16},
		{64, 12, 1, pairsBF16},
		{64, 12, 2, wideBF16},
		{64, 12, 1, wideBF16},
		{32, 6, 2, wideBF16},
		{32, 6, 1, wideBF16},
	} {
		all = append(all, tilesRoutine(t))
	}
	all = append(all, widenRoutine())
	for columns := 1; columns <= 4; columns++ {
		all = append(all, fewRoutine(columns))
	}
	return all
}

var family = emit.Family{Name: "sgemm", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
