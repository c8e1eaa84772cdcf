package main

import (
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// TestGenerated: the committed files are what the generator writes.
func TestGenerated(t *testing.T) {
	stale, err := emit.Stale("../../sdepthwise", "sdepthwise", fields, routines())
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("%v differ from their generator: run go generate ./kernels/sdepthwise", stale)
	}
}

// TestSimulated runs the tests of kernels/sdepthwise with every routine executed in plain
// Go, whatever the CPU.
func TestSimulated(t *testing.T) {
	text, err := emit.TestSimulated("../../sdepthwise", "sdepthwise", "../sim/machine.go", fields, routines())
	t.Logf("%s", text)
	if err != nil {
		t.Fatal(err)
	}
}
