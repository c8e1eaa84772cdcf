package main

import (
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// TestGenerated: the committed files are what the generator writes.
func TestGenerated(t *testing.T) {
	stale, err := emit.Stale("../../internal/elementwise", "elementwise", fields, routines())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range stale {
		t.Errorf("%s differs from its generator: run go generate ./kernels/internal/elementwise", name)
	}
}

// TestSimulated runs the tests of kernels/internal/elementwise with every routine executed in plain Go.
func TestSimulated(t *testing.T) {
	text, err := emit.TestSimulated("../../internal/elementwise", "elementwise", "../sim/machine.go", fields, routines())
	t.Logf("%s", text)
	if err != nil {
		t.Fatal(err)
	}
}
