package main

import (
	"github.com/mmcloughlin/avo/build"
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
	bytes int // of a vector that are stored
}

// newGen returns a routine of vectors of width bytes, of each of which some are stored.
func newGen(ctx *build.Context, width, bytes int) *gen {
	return &gen{emit.Gen{Context: ctx, Width: width}, min(width, bytes)}
}

// block returns the width of the vectors for blocks of some bytes.
func block(bytes int) int { return max(16, min(bytes, 64)) }

func field(name string) operand.Mem { return arguments.At(call, name) }

// load moves a whole vector: behind a tap there are bytes that may be read.
func (g *gen) load(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) }

// store moves what of a vector is a result.
func (g *gen) store(v reg.VecPhysical, m operand.Mem) {
	switch g.bytes {
	case 8:
		g.VMOVQ(v, m)
	case 4:
		g.VMOVD(v, m)
	case 2:
		g.VPEXTRW(operand.U8(0), v, m)
	case 1:
		g.VPEXTRB(operand.U8(0), v, m)
	default:
		g.VMOVUPS(v, m)
	}
}

// loadExactly moves no more bytes than are stored.
func (g *gen) loadExactly(m operand.Mem, v reg.VecPhysical) {
	switch g.bytes {
	case 8:
		g.VMOVQ(m, v)
	case 4:
		g.VMOVD(m, v)
	default:
		g.VMOVUPS(m, v)
	}
}

func (g *gen) and(x, y, z operand.Op) {
	if g.Width == 64 {
		g.VPANDD(x, y, z)
		return
	}
	g.VPAND(x, y, z)
}

func (g *gen) or(x, y, z operand.Op) {
	if g.Width == 64 {
		g.VPORD(x, y, z)
		return
	}
	g.VPOR(x, y, z)
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
