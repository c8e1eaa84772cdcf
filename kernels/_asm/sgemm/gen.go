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
	{Name: "a", Type: "unsafe.Pointer", Size: 8, Doc: "what the offsets point into"},
	{Name: "b", Type: "unsafe.Pointer", Size: 8, Doc: "the panel of B"},
	{Name: "c", Type: "unsafe.Pointer", Size: 8, Doc: "the first row of C, at the panel's first column"},
	{Name: "offsets", Type: "unsafe.Pointer", Size: 8, Doc: "of the taps of the first row: [rows][taps]int32"},
	{Name: "ldc", Type: "int", Size: 8, Doc: "bytes from row to row"},
	{Name: "taps", Type: "int", Size: 8, Doc: ""},
	{Name: "k", Type: "int", Size: 8, Doc: "numbers of a run"},
	{Name: "rows", Type: "int", Size: 8, Doc: "rows of each tile"},
	{Name: "tiles", Type: "int", Size: 8, Doc: "tiles, one below the other"},
}

const mostRows = 6

// rows are the pointers into the rows of A, behind the end of a run.
var rowPointer = []reg.GPPhysical{reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13}

var (
	call, c, offsets, next = reg.RDI, reg.RSI, reg.RDX, reg.R15
	b, index, step         = reg.RBX, reg.RAX, reg.R14
	left                   = reg.RCX
)

func field(name string) operand.Mem { return arguments.At(call, name) }

// gen is one routine being generated.
type gen struct {
	emit.Gen
	cols int // vectors of columns
}

// avx2Routine multiplies runs of A, where they are, by a panel of 8*cols columns.
func avx2Routine(cols int) emit.Routine {
	name := fmt.Sprintf("gemm_f32f32_f32_6x%dk1_avx2", 8*cols)
	return emit.Routine{
		Name: name,
		Doc: fmt.Sprintf(`%s computes tiles of rows by %d columns, for every m below rows*tiles:

	c[m,n] = sum over t < taps, i < k of a[offsets[m,t]+4*i] * b[t,i,n]

in this order, each sum beginning with 0, product and sum rounded on their own. k is at least 1.`, name, 8*cols),
		Build: func(ctx *build.Context) {
			g := &gen{emit.Gen{Context: ctx, Width: 32}, cols}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("c"), c)
			g.MOVQ(field("offsets"), offsets)
			g.MOVQ(field("taps"), step)
			g.SHLQ(operand.U8(2), step)
			g.MOVQ(field("rows"), left)
			for r := mostRows; r >= 1; r-- {
				g.CMPQ(left, operand.I8(r))
				g.JEQ(operand.LabelRef(fmt.Sprintf("tile%d", r)))
			}
			g.RET()
			for r := mostRows; r >= 1; r-- {
				g.tiles(r)
			}
		},
	}
}

// tiles emits the loops over tiles of a number of rows.
func (g *gen) tiles(rows int) {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, rows) }
	acc := func(r, col int) reg.VecPhysical { return g.V(4 + r*g.cols + col) }

	g.Label(label("tile"))
	for r := range rows {
		for col := range g.cols {
			g.Zero(acc(r, col))
		}
	}
	g.MOVQ(field("b"), b)
	g.MOVQ(offsets, next)
	g.MOVQ(field("taps"), left)
	g.Label(label("tap"))
	g.MOVQ(next, index)
	for r := range rows {
		g.MOVLQSX(emit.At(index, 0), rowPointer[r])
		g.ADDQ(step, index)
	}
	g.ADDQ(operand.I8(4), next)
	g.MOVQ(field("k"), index)
	g.SHLQ(operand.U8(2), index)
	g.ADDQ(field("a"), index)
	for r := range rows {
		g.ADDQ(index, rowPointer[r])
	}
	g.MOVQ(field("k"), index)
	g.NEGQ(index)
	g.Label(label("step"))
	for col := range g.cols {
		g.VMOVUPS(emit.At(b, 32*col), g.V(col))
	}
	for r := range rows {
		x, y := g.V(2), g.V(3)
		g.VBROADCASTSS(operand.Mem{Base: rowPointer[r], Index: index, Scale: 4}, x)
		if g.cols == 2 {
			g.VMULPS(g.V(0), x, y)
			g.VMULPS(g.V(1), x, x)
			g.VADDPS(y, acc(r, 0), acc(r, 0))
			g.VADDPS(x, acc(r, 1), acc(r, 1))
			continue
		}
		g.VMULPS(g.V(0), x, x)
		g.VADDPS(x, acc(r, 0), acc(r, 0))
	}
	g.ADDQ(operand.I32(32*g.cols), b)
	g.ADDQ(operand.I8(1), index)
	g.JNZ(operand.LabelRef(label("step")))
	g.DECQ(left)
	g.JNZ(operand.LabelRef(label("tap")))

	for r := range rows {
		for col := range g.cols {
			g.VMOVUPS(acc(r, col), emit.At(c, 32*col))
		}
		g.ADDQ(field("ldc"), c)
	}
	for range rows {
		g.ADDQ(step, offsets)
	}
	g.DECQ(field("tiles"))
	g.JNZ(operand.LabelRef(label("tile")))
	g.VZEROUPPER()
	g.RET()
}
