package main

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "A, at the block's first channel"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first pixel: [pixels][taps]int32"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first pixel of C, at the block's first channel"},
	{Name: "weights", Type: "unsafe.Pointer", Size: 8, Doc: "of the block, as type block describes"},
	{Name: "init", Type: "unsafe.Pointer", Size: 8, Doc: "start values, in the order of the sums"},
	{Name: "pre", Type: "unsafe.Pointer", Size: 8, Doc: "operands of the epilogue, likewise; nil where absent"},
	{Name: "scale", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "bias", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "post", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "nextWeights", Type: "unsafe.Pointer", Size: 8, Doc: "of the next block, to be prefetched"},
	{Name: "nextOperands", Type: "unsafe.Pointer", Size: 8, Doc: "likewise"},
	{Name: "ahead", Type: "int", Size: 8, Doc: "how many bytes of each have been prefetched"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from pixel to pixel of C"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "pixels", Type: "int", Size: 8, Doc: "of each row"},
	{Name: "strips", Type: "int", Size: 8, Doc: "how often rows are computed together, strip by strip"},
	{Name: "strip", Type: "int", Size: 8, Doc: "bytes of the offsets before the next strip"},
	{Name: "nextOffsets", Type: "int", Size: 8, Doc: "bytes from row to row of the offsets, if rows are together"},
	{Name: "nextC", Type: "int", Size: 8, Doc: "bytes from row to row of C, likewise"},
	{Name: "tapRow", Type: "int", Size: 8, Doc: "bytes of the offsets from one row of taps to the next"},
	{Name: "flags", Type: "uint32", Size: 4, Doc: "steps of the epilogue"},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "0x80808080 or 0: inverted in every result"},
	{Name: "lo", Type: "float32", Size: 4, Doc: "the range of 8-bit results"},
	{Name: "hi", Type: "float32", Size: 4, Doc: ""},
}

// The general registers.
var (
	call, a, tap, c, weights, ldc, pixels = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX, reg.R8, reg.R9
	first, second, p, left, pairs         = reg.R10, reg.R11, reg.R12, reg.R13, reg.R15
	flags                                 = reg.EAX
)

// The general registers of routines that compute several rows together.
var (
	nextTap, nextC = reg.R13, reg.R15
	thirdC         = first   // in epilogue
	tapRow         = weights // after the weights are loaded
	rowTap         = second
)

// gen is one routine being generated. Its vectors have as many bytes as the channels of all rows that it computes
// together.
type gen struct {
	emit.Gen
	how  method
	rows int
}

// channels is how many channels of each row are computed together.
func (g *gen) channels() int { return g.Width / g.rows }

// pairWeight holds 1 and 16 in the words of each doubleword.
const pairWeight = 15

func (g *gen) load(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) }

func field(name string) operand.Mem { return arguments.At(call, name) }

// start loads what stays in registers.
func (g *gen) start() {
	g.MOVQ(emit.Param(), call)
	g.MOVQ(field("a"), a)
	g.MOVQ(field("offsets"), tap)
	g.MOVQ(field("c"), c)
	g.MOVQ(field("weights"), weights)
	g.MOVQ(field("ldc"), ldc)
	g.MOVQ(field("pixels"), pixels)
	g.MOVL(field("flags"), flags)
	if g.how == digits {
		g.Broadcast(0x0010_0001, p, g.V(pairWeight))
	}
}
