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
	// secondPanel is the distance of the second panel, for tiles of two: they have no more rows than pointers before it.
	secondPanel = reg.R9
)

// The locals: A displaced by the length of a run, the offsets of the next tap, the taps left, minus the numbers of a
// run, and the tile's first row of C and its offsets. At the end these point behind their slices, where no pointer that
// the garbage collector sees may point; so they are not fields of the call. Then MXCSR as it was, and as it is in
// between, the panel of B and the bytes of a tap in it, the weights of the next tap, and the list from it on and its
// end.
var (
	tileBase  = emit.At(reg.StackPointer, 0)
	tileNext  = emit.At(reg.StackPointer, 8)
	tileLeft  = emit.At(reg.StackPointer, 16)
	tileBegin = emit.At(reg.StackPointer, 24)
	tileC     = emit.At(reg.StackPointer, 32)
	tileFirst = emit.At(reg.StackPointer, 40)
	callerCSR = emit.At(reg.StackPointer, 48)
	ownCSR    = emit.At(reg.StackPointer, 52)
	tileB     = emit.At(reg.StackPointer, 56)
	tileTapB  = emit.At(reg.StackPointer, 64)
	tileNextB = emit.At(reg.StackPointer, 72)
	tileList  = emit.At(reg.StackPointer, 80)
	tileEnd   = emit.At(reg.StackPointer, 88)
)

// tiling is what the routines of tiles differ in: the bytes of their vectors, the most rows of a tile, its vectors of
// columns (four are those of two panels), what is summed, and whether pairs of bf16 are multiplied.
type tiling struct {
	width, rows, vectors int
	numbers              emit.Numbers
	pairs                bool
}

// step is how many numbers are multiplied at a time, and in how many bytes each is.
func (t *tiling) step() (numbers, size int) {
	if t.pairs {
		return 2, 2
	}
	return 1, t.numbers.Size()
}

func (t *tiling) name() string {
	sum, isa := t.numbers.Name(), emit.ISA(t.width)
	types := sum + sum
	if t.pairs {
		types = "bf16bf16"
	}
	numbers, size := t.step()
	if size == 2 {
		isa = "avx512bf16"
	}
	return fmt.Sprintf("gemm_%s_%s_%dx%dk%d_%s", types, sum, t.rows, t.columns(), numbers, isa)
}

func (t *tiling) columns() int { return t.width / t.numbers.Size() * t.vectors }

func (t *tiling) doc() string {
	_, size := t.step()
	head := fmt.Sprintf(`%s computes tiles of rows by %d columns, for every m below rows*tiles:

	c[m,n] = sum over t in list, i < k of a[offsets[m,t]+%d*i] * b[t,i,n]

`, t.name(), t.columns(), size)
	if t.pairs {
		return head + `of bf16, each sum beginning with 0, with fused multiply-adds: the second product of each pair of i
first. Subnormal numbers and sums count as zeros, and sums that are zero are +0. b has pairs; with an odd k, the last
one of each t is the last number and 0. k is at least 1.`
	}
	return head + t.numbers.Sums() + ". k is at least\n1."
}

// tilesRoutine multiplies runs of A, where they are, by a panel, some rows at a time.
func tilesRoutine(t tiling) emit.Routine {
	return emit.Routine{
		Name:  t.name(),
		Doc:   t.doc(),
		Frame: 96,
		Build: func(ctx *build.Context) {
			g := &tiles{gen{emit.Gen{Context: ctx, Width: t.width}}, t}
			g.MOVQ(emit.Param(), call)
			g.MOVQ(field("c"), rowPointer[0])
			g.MOVQ(rowPointer[0], tileC)
			g.MOVQ(field("offsets"), rowPointer[0])
			g.MOVQ(rowPointer[0], tileFirst)
			g.enter()
			if t.vectors > panelVectors {
				g.MOVQ(field("panelB"), secondPanel)
			}
			g.MOVQ(field("rows"), rowPointer[0])
			for r := t.rows; r >= 1; r-- {
				g.CMPQ(rowPointer[0], operand.I8(r))
				g.JEQ(operand.LabelRef(fmt.Sprintf("tile%d", r)))
			}
			g.leave()
			for r := t.rows; r >= 1; r-- {
				g.tiles(r)
			}
		},
	}
}

// tiles is a routine of tiles being generated.
type tiles struct {
	gen
	tiling
}

// lowWords has each lower word of a pair.
var lowWords = reg.K1

// enter sets up the arithmetic. Products of pairs disregard MXCSR.
func (g *tiles) enter() {
	if !g.pairs {
		g.FlushSubnormals(g.numbers, callerCSR, ownCSR)
		return
	}
	g.MOVL(operand.U32(0x55555555), rowPointer[0].As32())
	g.KMOVD(rowPointer[0].As32(), lowWords)
}

// leave returns.
func (g *tiles) leave() {
	if !g.pairs {
		g.KeepSubnormals(g.numbers, callerCSR)
	}
	g.VZEROUPPER()
	g.RET()
}

// panelVectors is how many vectors of columns a panel has at most.
const panelVectors = 2

// temp returns one of two registers behind those of the weights.
func (g *tiles) temp(i int) reg.VecPhysical { return g.V(max(g.vectors, panelVectors) + i) }

// acc returns the sums of row r of a tile.
func (g *tiles) acc(r int) (v []reg.VecPhysical) {
	first := max(g.vectors, panelVectors) + 2
	for col := range g.vectors {
		v = append(v, g.V(first+r*g.vectors+col))
	}
	return v
}

// tiles emits the loops over tiles of a number of rows.
func (g *tiles) tiles(rows int) {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, rows) }
	g.Label(label("tile"))
	var sums []reg.VecPhysical
	for r := range rows {
		sums = append(sums, g.acc(r)...)
	}
	for _, v := range sums {
		g.Xor(v, v, v)
	}
	g.tileStart()
	g.Label(label("tap"))
	g.tap(rows)
	g.run(rows)
	g.DECQ(tileLeft)
	g.JNZ(operand.LabelRef(label("tap")))

	g.WithoutSign(g.numbers, g.temp(0), sums...)
	g.MOVQ(emit.Param(), call)
	to, ldc := rowPointer[0], rowPointer[1]
	g.MOVQ(tileC, to)
	g.MOVQ(field("ldc"), ldc)
	for r := range rows {
		for col, v := range g.acc(r) {
			g.VMOVUPS(v, emit.At(to, g.Width*col))
		}
		g.ADDQ(ldc, to)
	}
	g.MOVQ(to, tileC)
	g.IMUL3Q(operand.I8(rows), pitch, pitch)
	g.ADDQ(pitch, tileFirst)
	g.DECQ(field("tiles"))
	g.JNZ(operand.LabelRef(label("tile")))
	g.leave()
}

// run multiplies the numbers of each row's run, two at a time, and the last one if it is single.
func (g *tiles) run(rows int) {
	label := func(name string) string { return fmt.Sprintf("%s%d", name, rows) }
	two, one := func() { g.step(rows, 0); g.step(rows, 1); g.next(2) }, func() { g.step(rows, 0); g.next(1) }
	if g.pairs {
		two, one = func() { g.pair(rows) }, func() { g.single(rows) }
	}
	g.CMPQ(runIndex, operand.I8(-1))
	g.JEQ(operand.LabelRef(label("single")))
	g.Label(label("step"))
	two()
	g.ADDQ(operand.I8(2), runIndex)
	g.CMPQ(runIndex, operand.I8(-1))
	g.JL(operand.LabelRef(label("step")))
	g.JNE(operand.LabelRef(label("multiplied")))
	g.Label(label("single"))
	one()
	g.Label(label("multiplied"))
}

// step multiplies number i of each row.
func (g *tiles) step(rows, i int) {
	weights, size := g.weights(i), g.numbers.Size()
	for r := range rows {
		g.BroadcastNumber(g.numbers, emit.Indexed(rowPointer[r], runIndex, uint8(size), i*size), g.temp(0))
		for col, v := range g.acc(r) {
			g.MultiplyAdd(g.numbers, weights[col], g.temp(0), v, g.temp(1))
		}
	}
}

// pair multiplies a pair of each row.
func (g *tiles) pair(rows int) {
	weights := g.weights(0)
	for r := range rows {
		g.VPBROADCASTD(emit.Indexed(rowPointer[r], runIndex, 2, 0), g.temp(0))
		g.multiply(weights, r)
	}
	g.next(1)
}

// single multiplies the last number of each row.
func (g *tiles) single(rows int) {
	weights := g.weights(0)
	for r := range rows {
		g.VPBROADCASTW_Z(emit.At(rowPointer[r], -2), lowWords, g.temp(0))
		g.multiply(weights, r)
	}
	g.next(1)
}

// multiply multiplies pairs of row r.
func (g *tiles) multiply(weights []reg.VecPhysical, r int) {
	for col, v := range g.acc(r) {
		g.DotBF16(weights[col], g.temp(0), v)
	}
}

// weights loads row i of the panel, or of two.
func (g *tiles) weights(i int) []reg.VecPhysical {
	var weights []reg.VecPhysical
	for col := range g.vectors {
		v, from := g.V(col), emit.At(runB, i*g.panelRow()+g.Width*col)
		if col >= panelVectors {
			from = emit.Indexed(runB, secondPanel, 1, i*g.panelRow()+g.Width*(col-panelVectors))
		}
		g.VMOVUPS(from, v)
		weights = append(weights, v)
	}
	return weights
}

// panelRow is the bytes of a row of a panel.
func (g *tiles) panelRow() int { return g.Width * min(g.vectors, panelVectors) }

// next moves on by rows of the panel.
func (g *tiles) next(rows int) { g.ADDQ(operand.I32(rows*g.panelRow()), runB) }

// tileStart loads what a tile begins with.
func (g *tiles) tileStart() {
	x, y := rowPointer[0], rowPointer[1]
	_, size := g.tiling.step()
	g.MOVQ(field("b"), x)
	g.MOVQ(x, tileB)
	g.MOVQ(field("tapB"), x)
	g.MOVQ(x, tileTapB)
	g.MOVQ(field("k"), x)
	g.MOVQ(field("a"), y)
	g.LEAQ(emit.Indexed(y, x, uint8(size), 0), y)
	g.MOVQ(y, tileBase)
	g.NEGQ(x)
	g.MOVQ(x, tileBegin)
	g.MOVQ(field("pitch"), pitch)
	g.MOVQ(field("taps"), y)
	g.MOVQ(y, tileLeft)
	g.MOVQ(field("list"), x)
	g.LEAQ(emit.Indexed(x, y, 4, 0), y)
	g.MOVQ(y, tileEnd)
	g.nextTap(x, y)
}

// nextTap finds the next tap, which is the first of the list at x, early: it takes long. It clobbers x and y.
func (g *tiles) nextTap(x, y reg.GPPhysical) {
	g.MOVQ(x, tileList)
	g.MOVLQSX(emit.At(x, 0), x)
	g.MOVQ(tileFirst, y)
	g.LEAQ(emit.Indexed(y, x, 4, 0), y)
	g.MOVQ(y, tileNext)
	g.IMULQ(tileTapB, x)
	g.ADDQ(tileB, x)
	g.MOVQ(x, tileNextB)
}

// tap points the rows' pointers behind their runs of the next tap, and runB to its weights.
func (g *tiles) tap(rows int) {
	x, y, last := rowPointer[0], rowPointer[1], rowPointer[rows-1]
	g.MOVQ(tileNext, runIndex)
	g.MOVQ(tileNextB, runB)
	g.MOVQ(tileList, x)
	g.LEAQ(emit.At(x, 4), y)
	g.CMPQ(y, tileEnd)
	g.CMOVQLT(y, x)
	g.nextTap(x, y)
	g.MOVQ(tileBase, last)
	for r := range rows - 1 {
		g.MOVLQSX(emit.At(runIndex, 0), rowPointer[r])
		g.ADDQ(last, rowPointer[r])
		g.ADDQ(pitch, runIndex)
	}
	g.MOVLQSX(emit.At(runIndex, 0), runIndex)
	g.ADDQ(runIndex, last)
	g.MOVQ(tileBegin, runIndex)
}
