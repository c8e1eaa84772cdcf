// Command sgemm generates the assembly of package kernels/internal/sgemm.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() (all []emit.Routine) {
	for _, t := range []tiling{
		{64, 6, 4, emit.F32, plain},
		{64, 12, 2, emit.F32, plain},
		{64, 12, 1, emit.F32, plain},
		{32, 6, 2, emit.F32, plain},
		{32, 6, 1, emit.F32, plain},
		{64, 12, 2, emit.F32, pairsBF16},
		{64, 12, 1, emit.F32, pairsBF16},
		{64, 12, 2, emit.F32, wideBF16},
		{64, 12, 1, emit.F32, wideBF16},
		{32, 6, 2, emit.F32, wideBF16},
		{32, 6, 1, emit.F32, wideBF16},
		{64, 12, 2, emit.F64, plain},
		{64, 12, 1, emit.F64, plain},
		{32, 6, 2, emit.F64, plain},
		{32, 6, 1, emit.F64, plain},
		{64, 12, 2, emit.S32, plain},
		{64, 12, 1, emit.S32, plain},
		{32, 6, 2, emit.S32, plain},
		{32, 6, 1, emit.S32, plain},
		{64, 12, 2, emit.S64, plain},
		{64, 12, 1, emit.S64, plain},
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
