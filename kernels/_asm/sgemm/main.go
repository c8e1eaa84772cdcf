// Command sgemm generates the assembly of package kernels/internal/sgemm.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine { return []emit.Routine{avx2Routine(2), avx2Routine(1)} }

func main() {
	dir := flag.String("dir", "../internal/sgemm", "directory of the package")
	simulate := flag.String("simulate", "", "write no assembly but, into this directory, an overlay that executes it in plain Go")
	flag.Parse()
	if *simulate != "" {
		if err := emit.Simulate(*simulate, *dir, "sgemm", "sim/machine.go", fields, routines()); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := emit.Family(*dir, "sgemm", fields, routines()); err != nil {
		log.Fatal(err)
	}
}
