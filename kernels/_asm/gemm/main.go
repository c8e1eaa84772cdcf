// Command gemm generates the assembly of package kernels/gemm.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func main() {
	dir := flag.String("dir", "../gemm", "directory of the package")
	flag.Parse()
	routines := []emit.Routine{
		widenRoutine(), avx2Routine(2), avx2Routine(1),
		vnniRoutine(2), vnniRoutine(1),
		limitAVX2(), limitVNNI(),
	}
	if err := emit.Family(*dir, "gemm", fields, routines); err != nil {
		log.Fatal(err)
	}
}
