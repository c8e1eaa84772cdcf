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
	{
		Name: "counts", Type: "unsafe.Pointer", Size: 8,
		Doc: "the divisors, or factors for bytes, from that of the first pixel on",
	},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first pixel of C, at the block's first channel"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from pixel to pixel of C"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "pixels", Type: "int", Size: 8, Doc: ""},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "inverted in every byte of A that is averaged"},
	{Name: "excess", Type: "uint32", Size: 4, Doc: "what that makes a sum larger"},
}

// The general registers.
var (
	call, a, tap, c, left, pixels, count = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX, reg.R8, reg.R9
	first, words, scratch                = reg.R10, reg.R11, reg.RAX
)

// gen is one routine being generated: its vectors are width bytes long.
type gen struct {
	emit.Gen
}

func field(name string) operand.Mem { return arguments.At(call, name) }

// load and store move a whole vector.
func (g *gen) load(m operand.Mem, v reg.VecPhysical)  { g.VMOVUPS(m, v) }
func (g *gen) store(v reg.VecPhysical, m operand.Mem) { g.VMOVUPS(v, m) }

func (g *gen) and(x, y, z operand.Op) {
	if g.Width == 64 {
		g.VPANDD(x, y, z)
		return
	}
	g.VPAND(x, y, z)
}

// start loads what stays in registers.
func (g *gen) start() {
	g.MOVQ(emit.Param(), call)
	g.MOVQ(field("a"), a)
	g.MOVQ(field("offsets"), tap)
	g.MOVQ(field("c"), c)
	g.MOVQ(field("counts"), count)
	g.MOVQ(field("pixels"), pixels)
}

// nextPixel jumps to again while there are pixels.
func (g *gen) nextPixel(again string) {
	g.ADDQ(field("ldc"), c)
	g.DECQ(pixels)
	g.JNZ(operand.LabelRef(again))
	g.VZEROUPPER()
	g.RET()
}

// address leaves in first where the next tap is.
func (g *gen) address() {
	g.MOVLQSX(emit.At(tap, 0), first)
	g.ADDQ(operand.I8(4), tap)
	g.ADDQ(a, first)
}
