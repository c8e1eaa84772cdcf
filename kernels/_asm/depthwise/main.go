// Command depthwise generates the assembly of package kernels/internal/depthwise.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func routines() []emit.Routine {
	var list []emit.Routine
	for _, width := range []int{64, 32, 16} {
		list = append(list, nineTaps(width, quads), anyTaps(width, quads))
	}
	for _, width := range []int{32, 16} {
		list = append(list, nineTaps(width, digits), anyTaps(width, digits))
	}
	return list
}

func main() {
	dir := flag.String("dir", "../internal/depthwise", "directory of the package")
	simulate := flag.String("simulate", "", "write no assembly but, into this directory, an overlay that executes it in plain Go")
	flag.Parse()
	if *simulate != "" {
		if err := emit.Simulate(*simulate, *dir, "depthwise", "sim/machine.go", fields, routines()); err != nil {
			log.Fatal(err)
		}
		return
	}
	if err := emit.Family(*dir, "depthwise", fields, routines()); err != nil {
		log.Fatal(err)
	}
}
