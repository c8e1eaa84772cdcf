package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// rowPointer are the pointers into the rows of A, behind the end of a run; runIndex and runB complete the 14 general
// registers beside the frame pointer, which holds the stride of the offsets.
var (
	rowPointer = []reg.GPPhysical{
		reg.RAX, reg.RBX, reg.RCX, reg.RDX, reg.RSI, reg.R8,
		reg.R9, reg.R10, reg.R11, reg.R12, reg.R13, reg.R14,
	}
	runIndex, runB = call, reg.R15
	pitch          = reg.RBP
)

// The locals: A displaced by the length of a run, the offsets of the next tap, the taps left, minus the numbers of a
// run, and the tile's first row of C and its offsets. At the end these point behind their slices, where no pointer that
// the garbage collector sees may point; so they are not fields of the call.
var (
	tileBase  = emit.At(reg.StackPointer, 0)
	tileNext  = emit.At(reg.StackPointer, 8)
	tileLeft  = emit.At(reg.StackPointer, 16)
	tileBegin = emit.At(reg.StackPointer, 24)
	tileC     = emit.At(reg.StackPointer, 32)
	tileFirst = emit.At(reg.StackPointer, 40)
)

// tilesRoutine multiplies runs of A, where they are, by a panel of cols vectors of columns, at most most rows at a
// time.
func tilesRoutine(width, most, cols int) emit.Routine {
	columns := width / 4 * cols
	name := fmt.Sprintf("gemm_f32f32_f32_%dx%dk1_%s", most, columns, emit.ISA(width))
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every m below rows*tiles:

	c[m,n] = sum over t < taps, i < k of a[offsets[m,t]+4*i] * b[t,i,n]

in this order, each sum beginning with 0, with fused multiply-adds; sums that are zero are +0. k is at least 1.`,
			name, columns),
		Frame: 48,
		Build: func(ctx *build.Context) {
			g := &gen{emit.Gen{Context: ctx, Width: width}, cols}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("c"), rowPointer[0])
			g.MOVQ(rowPointer[0], tileC)
			g.MOVQ(field("offsets"), rowPointer[0])
			g.MOVQ(rowPointer[0], tileFirst)
			g.MOVQ(field("rows"), rowPointer[0])
			for r := most; r >= 1; r-- {
				g.CMPQ(rowPointer[0], operand.I8(r))
				g.JEQ(operand.LabelRef(fmt.Sprintf("tile%d", r)))
			}
			g.RET()
			for r := most; r >= 1; r-- {
				g.tiles(r)
			}
		},
	}
}

// tiles emits the loops over tiles of a number of rows.
func (g *gen) tiles(rows int) {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, rows) }
	acc := func(r int) (v []reg.VecPhysical) {
		for col := range g.cols {
			v = append(v, g.V(4+r*g.cols+col))
		}
		return v
	}
	weights := []reg.VecPhysical{g.V(0), g.V(1)}[:g.cols]

	g.Label(label("tile"))
	var sums []reg.VecPhysical
	for r := range rows {
		sums = append(sums, acc(r)...)
	}
	for _, v := range sums {
		g.Xor(v, v, v)
	}
	g.tileStart()
	g.Label(label("tap"))
	g.tap(rows)
	g.Label(label("step"))
	for col, v := range weights {
		g.VMOVUPS(emit.At(runB, g.Width*col), v)
	}
	for r := range rows {
		g.VBROADCASTSS(emit.Indexed(rowPointer[r], runIndex, 4, 0), g.V(2))
		for col, v := range acc(r) {
			g.VFMADD231PS(weights[col], g.V(2), v)
		}
	}
	g.ADDQ(operand.I32(g.Width*g.cols), runB)
	g.ADDQ(operand.I8(1), runIndex)
	g.JNZ(operand.LabelRef(label("step")))
	g.DECQ(tileLeft)
	g.JNZ(operand.LabelRef(label("tap")))

	g.withoutSign(g.V(2), sums)
	g.MOVQ(emit.Param(), call)
	to, ldc := rowPointer[0], rowPointer[1]
	g.MOVQ(tileC, to)
	g.MOVQ(field("ldc"), ldc)
	for r := range rows {
		for col, v := range acc(r) {
			g.VMOVUPS(v, emit.At(to, g.Width*col))
		}
		g.ADDQ(ldc, to)
	}
	g.MOVQ(to, tileC)
	g.IMUL3Q(operand.I8(rows), pitch, pitch)
	g.ADDQ(pitch, tileFirst)
	g.DECQ(field("tiles"))
	g.JNZ(operand.LabelRef(label("tile")))
	g.VZEROUPPER()
	g.RET()
}

// tileStart loads what a tile begins with.
func (g *gen) tileStart() {
	x, y := rowPointer[0], rowPointer[1]
	g.MOVQ(field("b"), runB)
	g.MOVQ(field("k"), x)
	g.MOVQ(field("a"), y)
	g.LEAQ(emit.Indexed(y, x, 4, 0), y)
	g.MOVQ(y, tileBase)
	g.NEGQ(x)
	g.MOVQ(x, tileBegin)
	g.MOVQ(tileFirst, x)
	g.MOVQ(x, tileNext)
	g.MOVQ(field("taps"), pitch)
	g.MOVQ(pitch, tileLeft)
	g.SHLQ(operand.U8(2), pitch)
}

// tap points the rows' pointers behind their runs of the next tap.
func (g *gen) tap(rows int) {
	last := rowPointer[rows-1]
	g.MOVQ(tileNext, runIndex)
	g.MOVQ(tileBase, last)
	for r := range rows - 1 {
		g.MOVLQSX(emit.At(runIndex, 0), rowPointer[r])
		g.ADDQ(last, rowPointer[r])
		g.ADDQ(pitch, runIndex)
	}
	g.MOVLQSX(emit.At(runIndex, 0), runIndex)
	g.ADDQ(runIndex, last)
	g.ADDQ(operand.I8(4), tileNext)
	g.MOVQ(tileBegin, runIndex)
}
