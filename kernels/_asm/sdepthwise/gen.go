package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// arguments is the struct through which Go talks to the routines.
var arguments = emit.Arguments{
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "what the offsets point into, at the block's first channel"},
	{Name: "w", Type: "unsafe.Pointer", Size: 8, Doc: "the weights of the block: [taps][channels of the block]"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first row of C, at the block's first channel"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first row: [rows][taps]int32"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "rows", Type: "int", Size: 8, Doc: ""},
}

var (
	call, a, c, offsets, ldc = reg.RDI, reg.RSI, reg.RDX, reg.R8, reg.R9
	w, x, left, taps, rows   = reg.RBX, reg.RAX, reg.RCX, reg.R10, reg.R11
)

func field(name string) operand.Mem { return arguments.At(call, name) }

// MXCSR as it was, and as it is in between.
var callerCSR, ownCSR = emit.At(reg.StackPointer, 0), emit.At(reg.StackPointer, 4)

// frame returns the bytes of a routine's frame.
func frame(n emit.Numbers) int {
	if n == emit.F32 {
		return 8
	}
	return 0
}

// routine filters the channels of a number of vectors.
func routine(n emit.Numbers, width, vectors int) emit.Routine {
	size, sum := n.Size(), n.Name()
	channels := width / size * vectors
	name := fmt.Sprintf("depthwise_%s%s_%s_1x%d_%s", sum, sum, sum, channels, emit.ISA(width))
	return emit.Routine{
		Name:  name,
		Frame: frame(n),
		Doc: fmt.Sprintf(`%s computes, for m < rows and n < %d:

	c[m,n] = sum over t < taps of a[offsets[m,t]+%d*n] * w[t,n]

%s.
rows and taps are at least 1.`, name, channels, size, n.Sums()),
		Build: func(ctx *build.Context) {
			g := &emit.Gen{Context: ctx, Width: width}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("a"), a)
			g.MOVQ(field("c"), c)
			g.MOVQ(field("offsets"), offsets)
			g.MOVQ(field("ldc"), ldc)
			g.MOVQ(field("taps"), taps)
			g.MOVQ(field("rows"), rows)
			g.FlushSubnormals(n, callerCSR, ownCSR)
			var sums []reg.VecPhysical
			g.Label("row")
			for i := range vectors {
				g.Zero(g.V(i))
			}
			g.MOVQ(field("w"), w)
			g.MOVQ(taps, left)
			g.Label("tap")
			g.MOVLQSX(emit.At(offsets, 0), x)
			g.ADDQ(a, x)
			for i := range vectors {
				g.VMOVUPS(emit.At(x, width*i), g.V(8+i))
			}
			for i := range vectors {
				g.MultiplyAdd(n, emit.At(w, width*i), g.V(8+i), g.V(i), g.V(8+i))
			}
			g.ADDQ(operand.I32(width*vectors), w)
			g.ADDQ(operand.I8(4), offsets)
			g.DECQ(left)
			g.JNZ(operand.LabelRef("tap"))
			for i := range vectors {
				sums = append(sums, g.V(i))
			}
			g.WithoutSign(n, g.V(8), sums...)
			for i, v := range sums {
				g.VMOVUPS(v, emit.At(c, width*i))
			}
			g.ADDQ(ldc, c)
			g.DECQ(rows)
			g.JNZ(operand.LabelRef("row"))
			g.KeepSubnormals(n, callerCSR)
			g.VZEROUPPER()
			g.RET()
		},
	}
}
