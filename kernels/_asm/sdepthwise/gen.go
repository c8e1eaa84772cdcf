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
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "what the offsets point into, at the block's first channel"},
	{Name: "w", Type: "unsafe.Pointer", Size: 8, Doc: "the weights of the block: [taps][channels of the block]"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first row of C, at the block's first channel"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first row: [rows][taps]int32"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "rows", Type: "int", Size: 8, Doc: ""},
}

var offsetOf = emit.Offsets(fields)

var (
	call, a, c, offsets, ldc = reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9
	w, x, left, taps, rows   = reg.RBX, reg.RAX, reg.RCX, reg.R10, reg.R11
)

func at(base reg.Register, disp int) operand.Mem { return operand.Mem{Base: base, Disp: disp} }

func field(name string) operand.Mem { return at(call, offsetOf[name]) }

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

// avx2Routine filters 8*vectors channels.
func avx2Routine(vectors int) emit.Routine {
	name := fmt.Sprintf("depthwise_f32f32_f32_1x%d_avx2", 8*vectors)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes, for m < rows and n < %d:

	c[m,n] = sum over t < taps of a[offsets[m,t]+4*n] * w[t,n]

in this order, each sum beginning with 0, product and sum rounded on their own. rows and taps are at least 1.`, name, 8*vectors),
		Build: func(g *build.Context) {
			g.MOVQ(operand.NewParamAddr("c", 0), call)
			g.MOVQ(field("a"), a)
			g.MOVQ(field("c"), c)
			g.MOVQ(field("offsets"), offsets)
			g.MOVQ(field("ldc"), ldc)
			g.MOVQ(field("taps"), taps)
			g.MOVQ(field("rows"), rows)
			g.Label("row")
			for _, sum := range ymm[:vectors] {
				g.VPXOR(sum.AsX(), sum.AsX(), sum.AsX())
			}
			g.MOVQ(field("w"), w)
			g.MOVQ(taps, left)
			g.Label("tap")
			g.MOVLQSX(at(offsets, 0), x)
			g.ADDQ(a, x)
			for i := range vectors {
				g.VMOVUPS(at(x, 32*i), ymm[8+i])
			}
			for i := range vectors {
				g.VMULPS(at(w, 32*i), ymm[8+i], ymm[8+i])
			}
			for i := range vectors {
				g.VADDPS(ymm[8+i], ymm[i], ymm[i])
			}
			g.ADDQ(operand.I32(32*vectors), w)
			g.ADDQ(operand.I8(4), offsets)
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			for i := range vectors {
				g.VMOVUPS(ymm[i], at(c, 32*i))
			}
			g.ADDQ(ldc, c)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("row"))
			g.VZEROUPPER()
			g.RET()
		},
	}
}
