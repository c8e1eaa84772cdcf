package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "A, or its first row as words"},
	{Name: "b", Type: "unsafe.Pointer", Size: 8, Doc: "the panel of B"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first row of C, at the panel's first column"},
	{Name: "sum", Type: "unsafe.Pointer", Size: 8, Doc: "the same of the summand"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first row"},
	{Name: "aNow", Type: "uintptr", Size: 8, Doc: "where the routine is: pointers that it moves"},
	{Name: "cNow", Type: "uintptr", Size: 8, Doc: ""},
	{Name: "sumNow", Type: "uintptr", Size: 8, Doc: ""},
	{Name: "offsetsNow", Type: "uintptr", Size: 8, Doc: ""},
	{Name: "init", Type: "unsafe.Pointer", Size: 8, Doc: "start values, at the panel's first column"},
	{Name: "pre", Type: "unsafe.Pointer", Size: 8, Doc: "operands of the epilogue, likewise; nil where absent"},
	{Name: "scale", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "bias", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "post", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "lda", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "ldc", Type: "int", Size: 8, Doc: ""},
	{Name: "ldsum", Type: "int", Size: 8, Doc: ""},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "k", Type: "int", Size: 8, Doc: "length of a run, in the routine's unit"},
	{Name: "rows", Type: "int", Size: 8, Doc: "rows of each tile"},
	{Name: "tiles", Type: "int", Size: 8, Doc: "tiles, one below the other"},
	{Name: "rowOffsets", Type: "int", Size: 8, Doc: "bytes from row to row of the offsets"},
	{Name: "tileOffsets", Type: "int", Size: 8, Doc: "bytes from tile to tile: of the offsets"},
	{Name: "tileC", Type: "int", Size: 8, Doc: "of C"},
	{Name: "tileSum", Type: "int", Size: 8, Doc: "of the summand"},
	{Name: "ahead", Type: "uintptr", Size: 8, Doc: "what is to be fetched of the next panel of B, up to aheadEnd"},
	{Name: "aheadEnd", Type: "uintptr", Size: 8, Doc: ""},
	{Name: "lines", Type: "int", Size: 8, Doc: "cache lines of it for every 16 bytes of K"},
	{Name: "flags", Type: "uint32", Size: 4, Doc: "steps of the epilogue"},
	{Name: "mask", Type: "uint32", Size: 4, Doc: "a bit for each column of the panel"},
	{Name: "lo", Type: "float32", Size: 4, Doc: "the range of the results"},
	{Name: "hi", Type: "float32", Size: 4, Doc: ""},
	{Name: "sumScale", Type: "float32", Size: 4, Doc: ""},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "0x80808080 or 0: inverted in every result"},
	{Name: "panels", Type: "int", Size: 8, Doc: "panels, one beside the other"},
	{Name: "panelBytes", Type: "int", Size: 8, Doc: "from panel to panel: of B"},
	{Name: "panelC", Type: "int", Size: 8, Doc: "of C"},
	{Name: "panelSum", Type: "int", Size: 8, Doc: "of the summand"},
	{Name: "shapes", Type: "unsafe.Pointer", Size: 8, Doc: "of the tile registers"},
	{Name: "acc", Type: "unsafe.Pointer", Size: 8, Doc: "accumulators on their way from tile registers to vectors"},
	{Name: "gathered", Type: "unsafe.Pointer", Size: 8, Doc: "rows of A whose taps lie side by side"},
	{Name: "tapBytes", Type: "int", Size: 8, Doc: "length of a run in bytes"},
	{Name: "blockRows", Type: "int", Size: 8, Doc: "rows of a block"},
	{Name: "others", Type: "int", Size: 8, Doc: "tiles of one row less, below the tiles"},
	{Name: "aPitch", Type: "int", Size: 8, Doc: "from position to position of a Winograd transform: of A"},
	{Name: "cPitch", Type: "int", Size: 8, Doc: "of C"},
	{Name: "gaps", Type: "unsafe.Pointer", Size: 8, Doc: "[taps]int32: for each n, taps to leave out before the last n; nil if none"},
	{Name: "tapB", Type: "int", Size: 8, Doc: "bytes from tap to tap of B"},
	{Name: "lineCount", Type: "int", Size: 8, Doc: "lines of tiles"},
	{Name: "lineTiles", Type: "int", Size: 8, Doc: "tiles of a line"},
	{Name: "lineOffsets", Type: "int", Size: 8, Doc: "bytes from the end of a line to the next one: of the offsets"},
	{Name: "lineC", Type: "int", Size: 8, Doc: "of C"},
	{Name: "lineSum", Type: "int", Size: 8, Doc: "of the summand"},
	{Name: "sign", Type: "int32", Size: 4, Doc: "of a line of the results of a Winograd transform: 1 or -1"},
}

// gen is one routine being generated.
type gen struct {
	emit.Gen
}

// field returns a field of the call that base points to.
func field(base reg.Register, name string) operand.Mem { return arguments.At(base, name) }
