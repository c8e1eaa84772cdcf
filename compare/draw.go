package compare

import (
	"fmt"
	"math/rand/v2"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/indexing"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// Draw returns random values for a parameter of a graph, suited to its type and to how the graph uses it.
// Reals are drawn from the range with which the graph quantizes them, or else from [-1, 1). Integers that
// index the rows of a table are valid indices; other 8-bit integers are drawn from their whole type, and
// wider ones from 0 to 7. A parameter of strings is an error.
func Draw(r *rand.Rand, f *core.Function, parameter string, shape core.Shape) (*core.Tensor, error) {
	v, ok := f.Lookup(parameter)
	if !ok {
		return nil, fmt.Errorf("no parameter %q", parameter)
	}
	t, err := core.NewTensor(v.Type(), shape)
	if err != nil {
		return nil, err
	}
	u := useOf(f, v)
	switch typ := v.Type(); {
	case typ == core.String:
		return nil, fmt.Errorf("there are no random strings: give a file")
	case typ.Part().IsFloat():
		return t, fill(t.Parts(), func() float64 { return u.low + r.Float64()*(u.high-u.low) })
	case typ == core.Bool:
		return t, fill(t, func() float64 { return float64(r.IntN(2)) })
	case u.rows > 0:
		return t, fill(t, func() float64 { return float64(r.IntN(u.rows)) })
	case typ.Size() == 1:
		lo, hi := typ.Bounds()
		return t, fill(t, func() float64 { return float64(lo + r.Int64N(hi-lo+1)) })
	}
	return t, fill(t, func() float64 { return float64(r.IntN(8)) })
}

// fill sets each element of a tensor to a number of its type.
func fill(t *core.Tensor, next func() float64) error {
	for i := range t.Len() {
		x := next()
		switch t.Type() {
		case core.F32:
			core.Data[float32](t)[i] = float32(x)
		case core.F64:
			core.Data[float64](t)[i] = x
		case core.I8:
			core.Data[int8](t)[i] = int8(x)
		case core.U8:
			core.Data[uint8](t)[i] = uint8(x)
		case core.Bool:
			core.Data[bool](t)[i] = x != 0
		case core.I16:
			core.Data[int16](t)[i] = int16(x)
		case core.I32:
			core.Data[int32](t)[i] = int32(x)
		case core.U32:
			core.Data[uint32](t)[i] = uint32(x)
		case core.I64:
			core.Data[int64](t)[i] = int64(x)
		case core.U64:
			core.Data[uint64](t)[i] = uint64(x)
		default:
			return fmt.Errorf("there are no random numbers of type %v: give a file", t.Type())
		}
	}
	return nil
}

// use is how a graph uses a parameter.
type use struct {
	low, high float64 // the range of reals
	rows      int     // rows of the smallest table that integers index; 0 if there is none
}

// useOf returns the use of a value, and of what it becomes in nodes that only move or convert its elements.
func useOf(f *core.Function, v core.Value) use {
	u := use{low: -1, high: 1}
	users := f.Users()
	seen := map[core.Value]bool{}
	for todo := []core.Value{v}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		for _, n := range users[at] {
			u.by(n, at)
			if moves(n) {
				todo = append(todo, n.Out(0))
			}
		}
	}
	return u
}

// moves reports whether a node's result consists of the elements of its first input, in another order or
// converted to another type.
func moves(n *core.Node) bool {
	if s, ok := n.Op().(trait.Selecting); ok && s.Rearranges() {
		return true
	}
	_, converts := n.Op().(*pointwise.Convert)
	return converts
}

// by narrows the use to what a node that reads the value needs.
func (u *use) by(n *core.Node, v core.Value) {
	if g, ok := n.Op().(*indexing.Gather); ok && n.Inputs()[1] == v {
		x := n.Inputs()[0].Shape()
		axis := g.Axis
		if axis < 0 {
			axis += len(x)
		}
		if axis < len(x) && axis >= 0 && x[axis] != core.Unknown && (u.rows == 0 || x[axis] < u.rows) {
			u.rows = x[axis]
		}
	}
	if _, ok := n.Op().(trait.RangeQuantizer); ok && len(n.Inputs()) >= 3 && n.Inputs()[0] == v {
		low, high := n.Inputs()[1].Constant(), n.Inputs()[2].Constant()
		if low != nil && high != nil && low.Len() == 1 && high.Len() == 1 {
			u.low, u.high = low.Float64s()[0], high.Float64s()[0]
		}
	}
}
