package main

import (
	"fmt"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/tf2ng/tf2ng/kernels/_asm/emit"
)

// few is a routine for few columns: the lanes of a vector are rows, of which four numbers each are
// transposed at a time.
type few struct {
	*gen
	columns int
}

// fewRows are the rows of a tile: two halves, of a vector each.
const fewRows = 16

// pitch is the number of columns as packed.
func (f *few) pitch() int { return 2 * ((f.columns + 1) / 2) }

// The general registers of few beside the others'.
var fewPointer, fewOther, fewEnd = reg.R8, reg.R9, reg.R10

// fewSums is the size of the sums of a tile, and more than that of its pointers. Behind them is MXCSR, as it was and as
// it is in between.
const fewSums = 4 * 4 * fewRows

var fewCallerCSR, fewOwnCSR = emit.At(reg.StackPointer, fewSums), emit.At(reg.StackPointer, fewSums+4)

// fewSlot is where the pointer into a row is, behind the end of a run; later the sums.
func fewSlot(r int) operand.Mem { return emit.At(reg.StackPointer, 8*r) }

func (f *few) acc(half, col int) reg.VecPhysical { return f.V(half*f.columns + col) }

// data returns the registers of four numbers of each row of a half, and four more.
func (f *few) data(half int) (v, tmp []reg.VecPhysical) {
	first := 4 + 4*half
	if f.columns > 2 { // one half after the other has them
		first = 8
	}
	for i := range 4 {
		v, tmp = append(v, f.V(first+i)), append(tmp, f.V(12+i))
	}
	return v, tmp
}

// groups returns the halves that are multiplied together: both, if there are registers.
func (f *few) groups() [][]int {
	if f.columns > 2 {
		return [][]int{{0}, {1}}
	}
	return [][]int{{0, 1}}
}

// fewRoutine multiplies runs of A, where they are, by few columns.
func fewRoutine(columns int) emit.Routine {
	f := &few{columns: columns}
	name := fmt.Sprintf("gemm_f32f32_f32_%dx%dk1_avx2", fewRows, columns)
	return emit.Routine{
		Name:  name,
		Frame: fewSums + 8,
		Doc: fmt.Sprintf(`%s computes tiles of rows, at most %d, by %d columns, for every m below rows*tiles:

	c[m,n] = sum over t in list, i < k of a[offsets[m,t]+4*i] * b[t,i,n]

%s. b has %d
columns. k is at least 1. It reads 12 bytes behind a run.`, name, fewRows, columns, emit.F32.Sums(), f.pitch()),
		Build: func(ctx *build.Context) {
			f := &few{&gen{emit.Gen{Context: ctx, Width: 32}}, columns}
			f.build()
		},
	}
}

func (f *few) build() {
	f.MOVQ(emit.Param(), call)
	f.MOVQ(field("c"), c)
	f.MOVQ(field("offsets"), offsets)
	f.MOVQ(field("pitch"), step)
	f.FlushSubnormals(emit.F32, fewCallerCSR, fewOwnCSR)
	f.Label("tile")
	for i := range 2 * f.columns {
		f.Zero(f.V(i))
	}
	f.MOVQ(field("list"), next)
	f.MOVQ(field("taps"), left)
	f.Label("tap")
	f.tap()
	f.run()
	f.DECQ(left)
	f.JNZ(operand.LabelRef("tap"))
	f.store()
	f.MOVQ(field("rows"), fewPointer)
	f.IMULQ(step, fewPointer)
	f.ADDQ(fewPointer, offsets)
	f.DECQ(field("tiles"))
	f.JNZ(operand.LabelRef("tile"))
	f.KeepSubnormals(emit.F32, fewCallerCSR)
	f.VZEROUPPER()
	f.RET()
}

// tap stores where the rows' runs of the next tap end, and points b to its weights. Rows behind the last repeat it.
func (f *few) tap() {
	f.MOVLQSX(emit.At(next, 0), index)
	f.ADDQ(operand.I8(4), next)
	f.MOVQ(field("tapB"), b)
	f.IMULQ(index, b)
	f.ADDQ(field("b"), b)
	f.LEAQ(emit.Indexed(offsets, index, 4, 0), index)
	f.MOVQ(field("k"), fewEnd)
	f.SHLQ(operand.U8(2), fewEnd)
	f.ADDQ(field("a"), fewEnd)
	fill := func(advance func(r int)) {
		for r := range fewRows {
			f.MOVLQSX(emit.At(index, 0), fewPointer)
			f.ADDQ(fewEnd, fewPointer)
			f.MOVQ(fewPointer, fewSlot(r))
			if r+1 < fewRows {
				advance(r + 1)
			}
		}
	}
	f.CMPQ(field("rows"), operand.I8(fewRows))
	f.JNE(operand.LabelRef("fewer"))
	fill(func(int) { f.ADDQ(step, index) })
	f.JMP(operand.LabelRef("pointed"))
	f.Label("fewer")
	fill(func(r int) {
		last := f.Fresh("last")
		f.CMPQ(field("rows"), operand.I8(r))
		f.JLE(operand.LabelRef(last))
		f.ADDQ(step, index)
		f.Label(last)
	})
	f.Label("pointed")
}

// run multiplies the runs of one tap.
func (f *few) run() {
	f.MOVQ(field("k"), index)
	f.SHLQ(operand.U8(2), index)
	f.NEGQ(index)
	f.ADDQ(operand.I8(16), index)
	f.JG(operand.LabelRef("rest"))
	f.Label("four")
	for _, halves := range f.groups() {
		f.transposed(halves, -16)
		for i := range 4 {
			f.multiply(halves, i)
		}
	}
	f.ADDQ(operand.I32(16*f.pitch()), b)
	f.ADDQ(operand.I8(16), index)
	f.JLE(operand.LabelRef("four"))
	f.Label("rest")
	f.SUBQ(operand.I8(16), index)
	f.JZ(operand.LabelRef("multiplied"))
	for _, halves := range f.groups() {
		last := f.Fresh("last")
		f.transposed(halves, 0)
		for i := range 3 {
			f.multiply(halves, i)
			if i < 2 {
				f.CMPQ(index, operand.I8(-4*(i+1)))
				f.JEQ(operand.LabelRef(last))
			}
		}
		f.Label(last)
	}
	f.IMUL3Q(operand.I8(-f.pitch()), index, index)
	f.ADDQ(index, b)
	f.Label("multiplied")
}

// transposed loads four numbers of each row of some halves, and makes a vector of the first of each, of
// the second and so on.
func (f *few) transposed(halves []int, disp int) {
	for _, half := range halves {
		v, t := f.data(half)
		for r := range 4 {
			f.MOVQ(fewSlot(8*half+r), fewPointer)
			f.MOVQ(fewSlot(8*half+r+4), fewOther)
			f.VMOVUPS(emit.Indexed(fewPointer, index, 1, disp), emit.X(v[r]))
			f.VINSERTI128(operand.U8(1), emit.Indexed(fewOther, index, 1, disp), v[r], v[r])
		}
		f.VPUNPCKLDQ(v[1], v[0], t[0])
		f.VPUNPCKHDQ(v[1], v[0], t[1])
		f.VPUNPCKLDQ(v[3], v[2], t[2])
		f.VPUNPCKHDQ(v[3], v[2], t[3])
		f.VPUNPCKLQDQ(t[2], t[0], v[0])
		f.VPUNPCKHQDQ(t[2], t[0], v[1])
		f.VPUNPCKLQDQ(t[3], t[1], v[2])
		f.VPUNPCKHQDQ(t[3], t[1], v[3])
	}
}

// multiply adds the products of number i of each row and those of B.
func (f *few) multiply(halves []int, i int) {
	_, t := f.data(0)
	for col := range f.columns {
		weight := t[col%2]
		f.VBROADCASTSS(emit.At(b, 4*(i*f.pitch()+col)), weight)
		for _, half := range halves {
			v, _ := f.data(half)
			f.VFMADD231PS(weight, v[i], f.acc(half, col))
		}
	}
}

// store stores the sums: one column without gaps as it is, else number by number.
func (f *few) store() {
	var sums []reg.VecPhysical
	for i := range 2 * f.columns {
		sums = append(sums, f.V(i))
	}
	f.WithoutSign(emit.F32, f.V(15), sums...)
	if f.columns == 1 {
		f.CMPQ(field("ldc"), operand.I8(4))
		f.JNE(operand.LabelRef("apart"))
		f.CMPQ(field("rows"), operand.I8(fewRows))
		f.JNE(operand.LabelRef("apart"))
		for half := range 2 {
			f.VMOVUPS(f.acc(half, 0), emit.At(c, 32*half))
		}
		f.ADDQ(operand.I32(4*fewRows), c)
		f.JMP(operand.LabelRef("stored"))
		f.Label("apart")
	}
	at := func(r, col int) operand.Mem { return emit.At(reg.StackPointer, 4*(col*fewRows+r)) }
	for col := range f.columns {
		for half := range 2 {
			f.VMOVUPS(f.acc(half, col), at(8*half, col))
		}
	}
	for r := range fewRows {
		if r > 0 {
			f.CMPQ(field("rows"), operand.I8(r))
			f.JLE(operand.LabelRef("stored"))
		}
		for col := range f.columns {
			f.MOVL(at(r, col), fewPointer.As32())
			f.MOVL(fewPointer.As32(), emit.At(c, 4*col))
		}
		f.ADDQ(field("ldc"), c)
	}
	f.Label("stored")
}
