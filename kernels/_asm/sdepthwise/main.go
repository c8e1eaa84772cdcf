// Command sdepthwise generates the assembly of package kernels/internal/sdepthwise.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() (all []emit.Routine) {
	for _, n := range []emit.Numbers{emit.F32, emit.F64, emit.S32} {
		for _, width := range []int{64, 32} {
			for _, vectors := range []int{8, 4, 2, 1} {
				all = append(all, routine(n, width, vectors))
			}
		}
	}
	return all
}

var family = emit.Family{Name: "sdepthwise", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
