// Command sgemm generates the assembly of package kernels/internal/sgemm.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() (all []emit.Routine) {
	for _, t := range []tiling{
		{64, 6, 4, emit.F32, false},
		{64, 12, 2, emit.F32, false},
		{64, 12, 1, emit.F32, false},
		{32, 6, 2, emit.F32, false},
		{32, 6, 1, emit.F32, false},
		{64, 12, 2, emit.F32, true},
		{64, 12, 1, emit.F32, true},
		{64, 12, 2, emit.F64, false},
		{64, 12, 1, emit.F64, false},
		{32, 6, 2, emit.F64, false},
		{32, 6, 1, emit.F64, false},
		{64, 12, 2, emit.S32, false},
		{64, 12, 1, emit.S32, false},
		{32, 6, 2, emit.S32, false},
		{32, 6, 1, emit.S32, false},
		{64, 12, 2, emit.S64, false},
		{64, 12, 1, emit.S64, false},
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
