package compile

import (
	"bytes"
	"encoding/binary"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/loops"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// This file lowers what makes booleans, what takes them, and what fails where a condition does not hold.

var (
	_ = lowers[pointwise.Compare](lowerCompare)
	_ = lowers[pointwise.Select](lowerSelect)
	_ = lowers[pointwise.SelectRows](lowerSelectRows)
)

// relation is what computes a relation: a primitive of float32, or loops of other types. The operands may have to be
// swapped.
type relation struct {
	primitive elementwise.Primitive
	loop      loops.Relation
	swapped   bool
}

// of returns the kernel of what compares x with y.
func (r relation) of(name string, compare func(to, x, y []byte, n int)) rowKernel {
	if r.swapped {
		return rowKernel{name: name, run: func(to, x, y, _ []byte, n int) { compare(to, y, x, n) }}
	}
	return rowKernel{name: name, run: func(to, x, y, _ []byte, n int) { compare(to, x, y, n) }}
}

var relations = map[pointwise.Relation]relation{
	pointwise.Equal:        {elementwise.Equal, loops.Equal, false},
	pointwise.NotEqual:     {elementwise.NotEqual, loops.NotEqual, false},
	pointwise.Less:         {elementwise.Less, loops.Less, false},
	pointwise.LessEqual:    {elementwise.LessEqual, loops.LessEqual, false},
	pointwise.Greater:      {elementwise.Less, loops.Less, true},
	pointwise.GreaterEqual: {elementwise.LessEqual, loops.LessEqual, true},
}

// lowerCompare lowers comparisons.
func lowerCompare(c *compiler, n *core.Node) (bool, error) {
	relation := relations[n.Op().(*pointwise.Compare).Relation]
	if n.Inputs()[0].Type() == core.F32 {
		v := elementwise.Choose(c.isas, relation.primitive)
		return c.lowerRows(n, relation.of(v.Name, func(to, x, y []byte, n int) { v.Run(to, x, y, n, nil) })), nil
	}
	typ := machine.TypeOf(n.Inputs()[0].Type())
	if !loops.Has(typ) {
		return false, nil
	}
	k := loops.Compare(c.isas, typ, relation.loop)
	return c.lowerRows(n, relation.of(k.Name, k.Run)), nil
}

// lowerSelect lowers a Select.
func lowerSelect(c *compiler, n *core.Node) (bool, error) {
	return c.lowerRows(n, c.selection(n.Outputs()[0].Type.Size())), nil
}

// lowerSelectRows lowers a Select whose condition chooses whole rows of the other operands.
func lowerSelectRows(c *compiler, n *core.Node) (bool, error) {
	condition, x := n.Inputs()[0].Shape().Clone(), n.Inputs()[1].Shape()
	for len(condition) > 0 && len(condition) < len(x) {
		condition = append(condition, 1)
	}
	return c.lowerRowsOf(n, []core.Shape{condition, x, x}, c.selection(n.Outputs()[0].Type.Size())), nil
}

// selection returns the kernel that selects elements of size bytes; its run is nil if there is none.
func (c *compiler) selection(size int) rowKernel {
	switch size {
	case 4:
		v := elementwise.Choose(c.isas, elementwise.Pick)
		return rowKernel{name: v.Name, run: func(to, x, y, z []byte, n int) {
			copy(to, z)
			v.Run(to, x, y, n, nil)
		}}
	case 1, 2, 8:
		k := loops.Selecting(c.isas, size)
		return rowKernel{name: k.Name, run: k.Run}
	}
	return rowKernel{}
}

var (
	_ = lowers[pointwise.Is](lowerIs)
	_ = lowers[pointwise.Logical](lowerLogical)
	_ = lowers[pointwise.LogicalNot](lowerLogicalNot)
)

// classes are what tests for classes: a primitive of float32, and a loop of float64.
var classes = map[pointwise.FloatClass]struct {
	primitive elementwise.Primitive
	loop      loops.Class
}{
	pointwise.NaN:      {elementwise.IsNaN, loops.NaN},
	pointwise.Infinite: {elementwise.IsInfinite, loops.Infinite},
	pointwise.Finite:   {elementwise.IsFinite, loops.Finite},
}

// lowerIs lowers tests for classes of float32 and float64.
func lowerIs(c *compiler, n *core.Node) (bool, error) {
	class, ok := classes[n.Op().(*pointwise.Is).Class]
	switch n.Inputs()[0].Type() {
	case core.F32:
		return ok && c.lowerRows(n, c.rowsOf(class.primitive)), nil
	case core.F64:
		return ok && c.lowerRows(n, eachOf(loops.Is(class.loop))), nil
	}
	return false, nil
}

// lowerLogicalNot lowers the negation of booleans, which are the bytes 0 and 1.
func lowerLogicalNot(c *compiler, n *core.Node) (bool, error) {
	return c.lowerRows(n, rowKernel{name: "not_b8_portable", run: func(to, x, _, _ []byte, n int) {
		x = x[:n]
		i := 0
		for ; i+8 <= n; i += 8 {
			binary.NativeEndian.PutUint64(to[i:], binary.NativeEndian.Uint64(x[i:])^0x0101010101010101)
		}
		for ; i < n; i++ {
			to[i] = x[i] ^ 1
		}
	}}), nil
}

// lowerLogical lowers functions of booleans, eight elements at a time.
func lowerLogical(c *compiler, n *core.Node) (bool, error) {
	combine := map[pointwise.LogicalFunction]func(a, b uint64) uint64{
		pointwise.And: func(a, b uint64) uint64 { return a & b },
		pointwise.Or:  func(a, b uint64) uint64 { return a | b },
		pointwise.Xor: func(a, b uint64) uint64 { return a ^ b },
	}[n.Op().(*pointwise.Logical).Function]
	return c.lowerRows(n, rowKernel{name: "logical_b8_portable", run: func(to, x, y, _ []byte, n int) {
		x, y = x[:n], y[:n]
		i := 0
		for ; i+8 <= n; i += 8 {
			v := combine(binary.NativeEndian.Uint64(x[i:]), binary.NativeEndian.Uint64(y[i:]))
			binary.NativeEndian.PutUint64(to[i:], v)
		}
		for ; i < n; i++ {
			to[i] = byte(combine(uint64(x[i]), uint64(y[i])))
		}
	}}), nil
}

var _ = lowers[pointwise.CheckFinite](lowerCheckFinite)

// lowerCheckFinite lowers a CheckFinite of float32. If a number is not finite, its reference makes the error.
func lowerCheckFinite(c *compiler, n *core.Node) (bool, error) {
	elements := n.Outputs()[0].Shape.MustElements()
	if n.Outputs()[0].Type != core.F32 || elements == 0 {
		return false, nil
	}
	finite := elementwise.Choose(c.isas, elementwise.IsFinite)
	src, dst := c.buffer(n.Inputs()[0]), c.newOutput(n.Out(0))
	c.emitElements(work{
		node: n, kernel: finite.Name, units: elements, reads: []int{src}, writes: []int{dst}, scratch: elementBlock,
		run: func(r *machine.Worker, holds []byte, i0, i1 int) error {
			for i := i0; i < i1; i += elementBlock {
				k := min(elementBlock, i1-i)
				from, to := r.Mem[src][4*i:][:4*k], r.Mem[dst][4*i:][:4*k]
				if finite.Run(holds, from, nil, k, nil); bytes.IndexByte(holds[:k], 0) >= 0 {
					return refusal(n, r, []int{src})
				}
				copy(to, from)
			}
			return nil
		},
	})
	return true, nil
}
