package main

import (
	"testing"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// TestGenerated: the committed files are what the generator writes.
func TestGenerated(t *testing.T) {
	stale, err := emit.Stale("../../internal/sgemm", "sgemm", fields, routines())
	if err != nil {
		t.Fatal(err)
	}
	if len(stale) > 0 {
		t.Errorf("%v differ from their generator: run go generate ./kernels/internal/sgemm", stale)
	}
}

// TestSimulated runs the tests of kernels/internal/sgemm with every routine executed in plain Go,
// whatever the CPU.
func TestSimulated(t *testing.T) {
	text, err := emit.TestSimulated("../../internal/sgemm", "sgemm", "../sim/machine.go", fields, routines())
	t.Logf("%s", text)
	if err != nil {
		t.Fatal(err)
	}
}
