// Command depthwise generates the assembly of package kernels/depthwise.
package main

import (
	"flag"
	"log"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

func main() {
	dir := flag.String("dir", "../depthwise", "directory of the package")
	flag.Parse()
	var routines []emit.Routine
	for _, width := range []int{64, 32, 16} {
		routines = append(routines, nineTaps(width), anyTaps(width))
	}
	if err := emit.Family(*dir, "depthwise", fields, routines); err != nil {
		log.Fatal(err)
	}
}
