package main

import (
	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// fields is the struct through which Go talks to the routines.
var fields = []emit.Field{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "A, at the block's first channel"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first pixel: [pixels][taps]int32"},
	{Name: "counts", Type: "unsafe.Pointer", Size: 8, Doc: "the divisors, or factors for bytes, from that of the first pixel on"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first pixel of C, at the block's first channel"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from pixel to pixel of C"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "pixels", Type: "int", Size: 8, Doc: ""},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "inverted in every byte of A that is averaged"},
	{Name: "excess", Type: "uint32", Size: 4, Doc: "what that makes a sum larger"},
}

var offsets = emit.Offsets(fields)

// The general registers.
var (
	call, a, tap, c, left, pixels, count = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX, reg.R8, reg.R9
	first, words, scratch                = reg.R10, reg.R11, reg.RAX
)

// gen is one routine being generated: its vectors are width bytes long.
type gen struct {
	*build.Context
	width int
}

// v returns vector register i at the width of the routine.
func (g *gen) v(i int) reg.VecPhysical {
	switch g.width {
	case 16:
		return xmm[i]
	case 32:
		return xmm[i].AsY().(reg.VecPhysical)
	default:
		return xmm[i].AsZ().(reg.VecPhysical)
	}
}

var xmm = []reg.VecPhysical{
	reg.X0, reg.X1, reg.X2, reg.X3, reg.X4, reg.X5, reg.X6, reg.X7,
	reg.X8, reg.X9, reg.X10, reg.X11, reg.X12, reg.X13, reg.X14, reg.X15,
}

func field(name string) operand.Mem {
	at, ok := offsets[name]
	if !ok {
		panic(name)
	}
	return operand.Mem{Base: call, Disp: at}
}

func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

// load and store move a whole vector.
func (g *gen) load(m operand.Mem, v reg.VecPhysical)  { g.VMOVUPS(m, v) }
func (g *gen) store(v reg.VecPhysical, m operand.Mem) { g.VMOVUPS(v, m) }

func (g *gen) zero(v reg.VecPhysical) {
	x := v.AsX()
	g.VPXOR(x, x, x)
}

func (g *gen) and(x, y, z operand.Op) {
	if g.width == 64 {
		g.VPANDD(x, y, z)
		return
	}
	g.VPAND(x, y, z)
}

func (g *gen) xor(x, y, z operand.Op) {
	if g.width == 64 {
		g.VPXORD(x, y, z)
		return
	}
	g.VPXOR(x, y, z)
}

// broadcast fills a vector with a constant doubleword.
func (g *gen) broadcast(value uint32, v reg.VecPhysical) {
	g.MOVL(operand.U32(value), scratch.As32())
	g.VMOVD(scratch.As32(), v.AsX())
	g.VPBROADCASTD(v.AsX(), v)
}

// start loads what stays in registers.
func (g *gen) start() {
	g.MOVQ(operand.NewParamAddr("c", 0), call)
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
	g.MOVLQSX(at(tap, 0), first)
	g.ADDQ(operand.I8(4), tap)
	g.ADDQ(a, first)
}

func isaOf(width int) string {
	if width == 64 {
		return "avx512vnni"
	}
	return "avx2"
}
