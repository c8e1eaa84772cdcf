// Command pool generates the assembly of package kernels/pool.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func main() {
	dir := flag.String("dir", "../pool", "directory of the package")
	flag.Parse()
	var routines []emit.Routine
	for _, width := range []int{64, 32, 16} {
		vectors := []int{4, 1}
		if width == 16 {
			vectors = []int{1}
		}
		for _, n := range vectors {
			routines = append(routines,
				maximum("u8", 1, width, n, func(g *gen) vectorOp { return g.VPMAXUB }),
				maximum("s8", 1, width, n, func(g *gen) vectorOp { return g.VPMAXSB }),
				maximum("f32", 4, width, n, func(g *gen) vectorOp { return g.VMAXPS }),
			)
		}
		routines = append(routines, average(width))
	}
	if err := emit.Family(*dir, "pool", fields, routines); err != nil {
		log.Fatal(err)
	}
}
