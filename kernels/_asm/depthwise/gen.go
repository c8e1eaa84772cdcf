package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// fields is the struct through which Go talks to the routines.
var fields = []emit.Field{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "A, at the block's first channel"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first pixel: [pixels][taps]int32"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first pixel of C, at the block's first channel"},
	{Name: "weights", Type: "unsafe.Pointer", Size: 8, Doc: "of the block, as type block describes"},
	{Name: "init", Type: "unsafe.Pointer", Size: 8, Doc: "start values, in the order of the sums"},
	{Name: "pre", Type: "unsafe.Pointer", Size: 8, Doc: "operands of the epilogue, likewise; nil where absent"},
	{Name: "scale", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "bias", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "post", Type: "unsafe.Pointer", Size: 8, Doc: ""},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from pixel to pixel of C"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "pixels", Type: "int", Size: 8, Doc: ""},
	{Name: "flags", Type: "uint32", Size: 4, Doc: "steps of the epilogue"},
	{Name: "flip", Type: "uint32", Size: 4, Doc: "0x80808080 or 0: inverted in every result"},
	{Name: "lo", Type: "float32", Size: 4, Doc: "the range of 8-bit results"},
	{Name: "hi", Type: "float32", Size: 4, Doc: ""},
}

var offsets = emit.Offsets(fields)

// The bits of call.flags, as in kernels/internal/depthwise/epilogue.go.
const (
	stepPre = 1 << iota
	stepScale
	stepBias
	stepRelu
	stepPost
	stepClamp
	outF32
	outS32
	outI8
)

// The general registers.
var (
	call, a, tap, c, weights, ldc, pixels = reg.RDI, reg.RSI, reg.RDX, reg.RCX, reg.RBX, reg.R8, reg.R9
	first, second, p, left, pairs         = reg.R10, reg.R11, reg.R12, reg.R13, reg.R15
	flags                                 = reg.EAX
)

// gen is one routine being generated: it computes width channels at a time.
type gen struct {
	*build.Context
	width  int
	how    method
	labels int
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
	reg.X16, reg.X17, reg.X18, reg.X19, reg.X20, reg.X21, reg.X22, reg.X23,
}

// pairWeight holds 1 and 16 in the words of each doubleword.
const pairWeight = 15

func (g *gen) load(m operand.Mem, v reg.VecPhysical) { g.VMOVUPS(m, v) }

func (g *gen) zero(v reg.VecPhysical) {
	x := v.AsX()
	g.VPXOR(x, x, x)
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
	g.MOVL(operand.U32(value), p.As32())
	g.VMOVD(p.As32(), v.AsX())
	g.VPBROADCASTD(v.AsX(), v)
}

func field(name string) operand.Mem {
	at, ok := offsets[name]
	if !ok {
		panic(name)
	}
	return operand.Mem{Base: call, Disp: at}
}

func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

func indexed(base, index reg.Register) operand.Mem {
	return operand.Mem{Base: base, Index: index, Scale: 1}
}

// fresh returns a label that no other part of the routine uses.
func (g *gen) fresh(name string) string {
	g.labels++
	return fmt.Sprintf("%s_%d", name, g.labels)
}

// when emits body so that it runs only if a bit is set in flags.
func (g *gen) when(bit uint32, name string, body func()) {
	skip := g.fresh("no_" + name)
	g.TESTL(operand.U32(bit), flags)
	g.JZ(operand.LabelRef(skip))
	body()
	g.Label(skip)
}

// start loads what stays in registers.
func (g *gen) start() {
	g.MOVQ(operand.NewParamAddr("c", 0), call)
	g.MOVQ(field("a"), a)
	g.MOVQ(field("offsets"), tap)
	g.MOVQ(field("c"), c)
	g.MOVQ(field("weights"), weights)
	g.MOVQ(field("ldc"), ldc)
	g.MOVQ(field("pixels"), pixels)
	g.MOVL(field("flags"), flags)
	if g.how == digits {
		g.broadcast(0x0010_0001, g.v(pairWeight))
	}
}
