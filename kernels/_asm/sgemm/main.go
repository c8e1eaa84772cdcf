// Command sgemm generates the assembly of package kernels/internal/sgemm.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	return []emit.Routine{
		tilesRoutine(64, 12, 2), tilesRoutine(64, 12, 1), tilesRoutine(32, 6, 2), tilesRoutine(32, 6, 1),
		fewRoutine(1), fewRoutine(2), fewRoutine(3), fewRoutine(4),
	}
}

var family = emit.Family{Name: "sgemm", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
