// Command gemm generates the assembly of package kernels/internal/gemm.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	return []emit.Routine{
		widenRoutine(), avx2Routine(2), avx2Routine(1),
		vnniRoutine(2), vnniRoutine(1),
		interleaveRoutine(2), interleaveRoutine(4),
		limitAVX2(), limitVNNI(),
	}
}

func main() {
	dir := flag.String("dir", "../internal/gemm", "directory of the package")
	simulate := flag.String("simulate", "", "write no assembly but, into this directory, an overlay that executes it in plain Go")
	flag.Parse()
	if *simulate != "" {
		if err := emit.Simulate(*simulate, *dir, "gemm", "sim/machine.go", fields, routines()); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := emit.Family(*dir, "gemm", fields, routines()); err != nil {
		log.Fatal(err)
	}
}
