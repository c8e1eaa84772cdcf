// Command sdepthwise generates the assembly of package kernels/internal/sdepthwise.
package main

import (
	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	return []emit.Routine{
		routine(64, 8), routine(64, 4), routine(64, 2), routine(64, 1),
		routine(32, 8), routine(32, 4), routine(32, 2), routine(32, 1),
	}
}

var family = emit.Family{Name: "sdepthwise", Arguments: arguments, Routines: routines()}

func main() { emit.Main(family) }
