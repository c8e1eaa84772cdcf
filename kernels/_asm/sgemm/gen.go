package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "what the offsets point into"},
	{Name: "b", Type: "unsafe.Pointer", Size: 8, Doc: "the panel of B"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first row of C, at the panel's first column"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first row"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "pitch", Type: "int", Size: 8, Doc: "bytes from the offsets of a row to those of the next"},
	{Name: "list", Type: "unsafe.Pointer", Size: 8, Doc: "which taps are multiplied: [taps]int32"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "tapB", Type: "int", Size: 8, Doc: "bytes from the weights of a tap to those of the next"},
	{Name: "panelB", Type: "int", Size: 8, Doc: "bytes from the panel of B to the next one"},
	{Name: "k", Type: "int", Size: 8, Doc: "numbers of a run"},
	{Name: "rows", Type: "int", Size: 8, Doc: "rows of each tile"},
	{Name: "tiles", Type: "int", Size: 8, Doc: "tiles, one below the other"},
}

// Registers that all routines use alike.
var (
	call, c, offsets, next = reg.RDI, reg.RSI, reg.RDX, reg.R15
	b, index, step         = reg.RBX, reg.RAX, reg.R14
	left                   = reg.RCX
)

func field(name string) operand.Mem { return arguments.At(call, name) }

// gen is one routine being generated.
type gen struct {
	emit.Gen
}
