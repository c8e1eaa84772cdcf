// Command gemm generates the assembly of package kernels/internal/gemm.
package main

import (
	_ "embed"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	return []emit.Routine{
		widenRoutine(), widenPanelRoutine(), avx2Routine(2), avx2Routine(1),
		winogradTransform(), winogradMultiply(), winogradResults(),
		amxRoutine(2), amxRoutine(1),
		vnniRoutine(64, 7, 2), vnniRoutine(64, 12, 1), shortRoutine(), wideRoutine(),
		vnniRoutine(32, 6, 2), vnniRoutine(32, 12, 1),
		dotsRoutine(64, 1), dotsRoutine(64, 2), dotsRoutine(64, 4), dotsRoutine(64, 8),
		dotsRoutine(32, 1), dotsRoutine(32, 2), dotsRoutine(32, 4),
		interleaveRoutine(2), interleaveRoutine(4),
		limitAVX2(), limitAVXVNNI(), limitVNNI(), limitAMX(),
	}
}

func routinesARM64() []emit.ARM64Routine {
	return []emit.ARM64Routine{
		neonDotRoutine(6, 4), neonDotRoutine(8, 2), interleaveNEON(), limitNEONDot(),
	}
}

// flagsSource is written into the package as it is.
//
//go:embed flags.go
var flagsSource string

var family = emit.Family{
	Name: "gemm", Arguments: arguments, Flags: flagsSource, Routines: routines(), ARM64: routinesARM64(),
}

func main() { emit.Main(family) }
