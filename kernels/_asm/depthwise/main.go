// Command depthwise generates the assembly of package kernels/internal/depthwise.
package main

import (
	_ "embed"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	var list []emit.Routine
	for _, width := range []int{64, 32, 16} {
		list = append(list, nineTaps(width, quads), anyTaps(width, quads))
	}
	for _, rows := range []int{1, 2, 4} {
		for _, step := range []int{1, 2} {
			list = append(list, window(quads, rows, 3, step), window(quads, rows, 5, step))
		}
	}
	for _, rows := range []int{1, 2} {
		// Five pixels that share a column would have too many sums.
		list = append(list, window(ymm, rows, 3, 1), window(ymm, rows, 3, 2), window(ymm, rows, 5, 2))
	}
	for _, width := range []int{32, 16} {
		list = append(list, nineTaps(width, ymm), anyTaps(width, ymm), nineTaps(width, digits), anyTaps(width, digits))
	}
	return list
}

// flagsSource is written into the package as it is.
//
//go:embed flags.go
var flagsSource string

var family = emit.Family{
	Name: "depthwise", Arguments: arguments, Flags: flagsSource, Routines: routines(),
	ARM64: []emit.ARM64Routine{neonDotRoutine()},
}

func main() { emit.Main(family) }
