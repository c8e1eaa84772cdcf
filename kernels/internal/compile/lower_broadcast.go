package compile

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// minBroadcastRow is the least length of rows that are worth a call each.
const minBroadcastRow = 8

// rowOperand is an operand that broadcasts to an output, row by row of its last axis.
type rowOperand struct {
	buffer  int
	strides []int // elements from one to the next, for each axis of the output in front of the last
	single  bool  // one element for all of the last axis
}

func newRowOperand(buffer int, s, out core.Shape) rowOperand {
	o := rowOperand{buffer: buffer, strides: make([]int, len(out)-1)}
	o.single = len(s) == 0 || s[len(s)-1] != out[len(out)-1]
	step := 1
	for i := len(s) - 1; i >= 0; i-- {
		if at := len(out) - len(s) + i; at < len(o.strides) && s[i] > 1 {
			o.strides[at] = step
		}
		step *= s[i]
	}
	return o
}

// at returns the first element of row l.
func (o *rowOperand) at(l int, out core.Shape) int {
	at := 0
	for i := len(o.strides) - 1; i >= 0; i-- {
		at += l % out[i] * o.strides[i]
		l /= out[i]
	}
	return at
}

// load returns n elements of row l as bytes; in scratch if they are one repeated.
func (o *rowOperand) load(r *machine.Run, scratch []byte, l, n int, out core.Shape) []byte {
	at := o.at(l, out)
	if !o.single {
		return r.Mem[o.buffer][4*at:][:4*n]
	}
	v := machine.View[uint32](r.Mem[o.buffer])[at]
	to := machine.View[uint32](scratch)[:n]
	for i := range to {
		to[i] = v
	}
	return scratch
}

// mergeAxes returns an output's shape and those of its two operands with fewer axes: without
// those of one element, and with neighbours in one along which each operand either has
// all elements or broadcasts.
func mergeAxes(out, a, b core.Shape) (mergedOut, mergedA, mergedB core.Shape) {
	dim := func(s core.Shape, i int) int {
		if i -= len(out) - len(s); i >= 0 {
			return s[i]
		}
		return 1
	}
	last := [2]bool{}
	for i, d := range out {
		da, db := dim(a, i), dim(b, i)
		has := [2]bool{da == d, db == d}
		switch n := len(mergedOut) - 1; {
		case d == 1:
		case n >= 0 && has == last:
			mergedOut[n], mergedA[n], mergedB[n] = mergedOut[n]*d, mergedA[n]*da, mergedB[n]*db
		default:
			mergedOut, mergedA, mergedB = append(mergedOut, d), append(mergedA, da), append(mergedB, db)
			last = has
		}
	}
	return mergedOut, mergedA, mergedB
}

var (
	_ = combines[pointwise.Add](elementwise.Add)
	_ = combines[pointwise.Subtract](elementwise.Subtract)
	_ = combines[pointwise.Multiply](elementwise.Multiply)
	_ = combines[pointwise.Divide](elementwise.Divide)
	_ = combines[pointwise.Maximum](elementwise.Maximum)
	_ = combines[pointwise.Minimum](elementwise.Minimum)
	_ = combines[pointwise.FloorDivide](elementwise.Divide, elementwise.Floor)
	_ = combinesRows[pointwise.Power](elementwise.Power)
)

// combines makes a primitive of two operands, and functions of what it gives, the kernel of an
// op, alone and in chains.
func combines[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive, then ...elementwise.Primitive) struct{} {
	match.Combines[T, P](p, then...)
	return combinesRows[T, P](p, then...)
}

// combinesRows does so for what is no part of a chain.
func combinesRows[T any, P interface {
	*T
	core.Op
}](p elementwise.Primitive, then ...elementwise.Primitive) struct{} {
	return lowers[T, P](func(c *compiler, n *core.Node) (bool, error) { return c.lowerBinary(n, p, then) })
}

// rowKernel returns the name of what combines rows of a type, and itself; nil for none.
func (c *compiler) rowKernel(
	t core.Type, p elementwise.Primitive, then []elementwise.Primitive,
) (string, func(to, a, b []byte, n int)) {
	switch {
	case t == core.F32:
		v := elementwise.Choose(c.isas, p)
		var functions []*elementwise.Variant
		for _, f := range then {
			functions = append(functions, elementwise.Choose(c.isas, f))
		}
		return v.Name, func(to, a, b []byte, n int) {
			v.Run(to, a, b, n, nil)
			for _, f := range functions {
				f.Run(to, to, nil, n, nil)
			}
		}
	case t == core.I32 && len(then) == 0:
		if f := integerRows[p]; f != nil {
			return "rows_s32_portable", func(to, a, b []byte, n int) {
				f(machine.View[int32](to)[:n], machine.View[int32](a)[:n], machine.View[int32](b)[:n])
			}
		}
	}
	return "", nil
}

// integerRows combine rows of i32, which wrap.
var integerRows = map[elementwise.Primitive]func(to, a, b []int32){
	elementwise.Add: func(to, a, b []int32) {
		for i, x := range a {
			to[i] = x + b[i]
		}
	},
	elementwise.Subtract: func(to, a, b []int32) {
		for i, x := range a {
			to[i] = x - b[i]
		}
	},
	elementwise.Multiply: func(to, a, b []int32) {
		for i, x := range a {
			to[i] = x * b[i]
		}
	},
}

// lowerBinary lowers, row by row, the arithmetic of two operands that no chain combines.
func (c *compiler) lowerBinary(n *core.Node, p elementwise.Primitive, then []elementwise.Primitive) (bool, error) {
	fact, in := n.Outputs()[0], n.Inputs()
	out, a, b := mergeAxes(fact.Shape, in[0].Shape(), in[1].Shape())
	rank := len(out)
	kernel, row := c.rowKernel(fact.Type, p, then)
	if row == nil || rank == 0 || out[rank-1] < minBroadcastRow {
		return false, nil
	}
	columns := out[rank-1]
	rows := out.MustElements() / columns
	if rows == 0 {
		return false, nil
	}
	x := newRowOperand(c.buffer(in[0]), a, out)
	y := newRowOperand(c.buffer(in[1]), b, out)
	scratch := c.newScratch(productOf(c.threads, columns, 8))
	dst := c.newOutput(n.Out(0))
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Splits: true, Reads: []int{x.buffer, y.buffer}, Writes: []int{dst}, Scratch: []int{scratch},
		Run: func(r *machine.Worker, part, parts int) error {
			size := 4 * columns
			own := r.Mem[scratch][r.Thread*2*size:][:2*size]
			for l := part * rows / parts; l < (part+1)*rows/parts; l++ {
				a := x.load(r.Run, own[:size], l, columns, out)
				b := y.load(r.Run, own[size:], l, columns, out)
				row(r.Mem[dst][l*size:], a, b, columns)
			}
			return nil
		},
	})
	return true, nil
}
