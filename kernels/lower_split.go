package kernels

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
)

// share is an op whose reference runs on parts of its data at the same time: on some of
// the units into which its inputs and its first output fall.
type share struct {
	op    core.Op // for one part
	units int
	in    []unit
	out   unit // of the first output
}

// unit is what one of the units has of a value: one element; a row of some, so that the
// parts have rank 2; or nothing, and each part has the whole.
type unit struct{ elements, row int }

var (
	allOfIt = unit{}
	single  = unit{elements: 1}
)

func rowOf(n int) unit { return unit{n, n} }

// shareOf says how to divide the work of a node; false if it cannot be divided.
func shareOf(n *core.Node) (share, bool) {
	in, out := n.Inputs(), n.Outputs()[0]
	s := share{op: n.Op(), in: make([]unit, len(in)), out: single, units: out.Shape.MustElements()}
	if isUnary(n) {
		s.in[0] = single
		return s, true
	}
	if isPointwise(n) {
		for i, v := range in {
			if s.in[i] = single; v.Shape().MustElements() != s.units {
				s.in[i] = allOfIt
			}
		}
		return s, true
	}
	return s.perRow(n)
}

// isPointwise reports whether a node combines the same elements of inputs of the output's
// shape, and single numbers.
func isPointwise(n *core.Node) bool {
	switch n.Op().(type) {
	case *core.Compare, *core.Logical, *core.Select:
	default:
		if _, ok := arithmetic[n.OpName()]; !ok {
			return false
		}
	}
	s := n.Outputs()[0].Shape
	for _, v := range n.Inputs() {
		if !v.Shape().Equal(s) && v.Shape().MustElements() != 1 {
			return false
		}
	}
	return true
}

// arithmetic are the names of the binary ops.
var arithmetic = map[string]bool{
	"Add": true, "Subtract": true, "Multiply": true, "Divide": true, "Maximum": true, "Minimum": true, "Power": true,
	"SquaredDifference": true, "FloorMod": true,
}

// perRow divides ops that work on rows of the last axis, maybe with operands for each of
// its elements.
func (s share) perRow(n *core.Node) (share, bool) {
	x, out := n.Inputs()[0].Shape(), n.Outputs()[0].Shape
	last := len(x) - 1
	if last < 0 || x.MustElements() == 0 {
		return s, false
	}
	channels := x[last]
	s.units, s.in[0], s.out = x.MustElements()/channels, rowOf(channels), rowOf(channels)
	isLast := func(axis int) bool { return axis == last || axis == -1 }
	switch op := n.Op().(type) {
	case *core.Softmax:
		s.op = &core.Softmax{Axis: 1}
		return s, isLast(op.Axis)
	case *core.TFFakeQuant:
		return s, true
	case *core.TFQuantizeV2:
		c := *op
		c.Axis = 1
		s.op = &c
		return s, op.Axis == last
	case *core.TFDequantize:
		c := *op
		c.Axis = 1
		s.op = &c
		return s, op.Axis == last
	case *core.Quantize:
		c := *op
		c.Axes = []int{1}
		s.op = &c
		return s, len(op.Axes) == 1 && op.Axes[0] == last
	case *core.Dequantize:
		c := *op
		c.Axes = []int{1}
		s.op = &c
		return s, len(op.Axes) == 1 && op.Axes[0] == last
	case *core.BatchNorm:
		return s, op.Layout == core.NHWC
	case *core.ArgMax:
		s.out = single
		s.op = &core.ArgMax{Axis: 1, Type: op.Type}
		return s, isLast(op.Axis)
	case *core.Sum, *core.Mean, *core.Prod, *core.Max, *core.Min:
		return s.perReduction(n)
	}
	for i, v := range n.Inputs() {
		if v := v.Shape(); i > 0 && v.MustElements() != 1 && (v.MustElements() != channels || v[len(v)-1] != channels) {
			return s, false
		}
	}
	return s, arithmetic[n.OpName()] && x.Equal(out)
}

// perReduction divides reductions of the last axes.
func (s share) perReduction(n *core.Node) (share, bool) {
	rows := core.Reduction{Axes: []int{1}}
	var axes []int
	switch op := n.Op().(type) {
	case *core.Sum:
		axes, s.op = op.Axes, &core.Sum{Reduction: rows}
	case *core.Mean:
		axes, s.op = op.Axes, &core.Mean{Reduction: rows}
	case *core.Prod:
		axes, s.op = op.Axes, &core.Prod{Reduction: rows}
	case *core.Max:
		axes, s.op = op.Axes, &core.Max{Reduction: rows}
	case *core.Min:
		axes, s.op = op.Axes, &core.Min{Reduction: rows}
	}
	x := n.Inputs()[0].Shape()
	before, at, behind, ok := reducedSizes(x, axes)
	s.units, s.in[0], s.out = before, rowOf(at), single
	return s, !ok && behind == 1 && before*at == x.MustElements()
}

// minShare is the least number of elements of one part.
const minShare = 1024

func isString(v core.Value) bool { return v.Type() == core.String }

// lowerShare lowers a node whose reference can run on parts of its data.
func (c *compiler) lowerShare(n *core.Node) bool {
	s, ok := shareOf(n)
	out := n.Outputs()[0]
	elements := max(out.Shape.MustElements(), s.units*max(s.in[0].elements, 1))
	if !ok || min(c.threads, s.units, elements/minShare) < 2 || out.Type.Size() == 0 || slices.ContainsFunc(n.Inputs(), isString) {
		return false
	}
	in, res := c.buffersOf(n.Inputs()), []int{}
	for i := range n.Outputs() {
		res = append(res, c.newOutput(n.Out(i)))
	}
	c.emit(instruction{node: n, kernel: "reference in parts", splits: true, slow: true, reads: in, writes: res, run: func(r *worker, part, parts int) error {
		return n.Locate(s.run(r.run, n, in, res, part, parts))
	}})
	return true
}

// run computes the units of one part. The outputs behind the first are the same for all.
func (s *share) run(r *run, n *core.Node, in, res []int, part, parts int) error {
	u0, u1 := part*s.units/parts, (part+1)*s.units/parts
	if u0 == u1 && part > 0 {
		return nil
	}
	ins, outs := make([]*core.Tensor, len(in)), make([]*core.Tensor, len(res))
	var err error
	for i, v := range n.Inputs() {
		if ins[i], err = s.in[i].tensor(v.Fact(), r.mem[in[i]], u0, u1); err != nil {
			return err
		}
	}
	for i, f := range n.Outputs() {
		mem, u := r.mem[res[i]], allOfIt
		if i == 0 {
			u = s.out
		} else if part > 0 {
			mem = make([]byte, len(mem))
		}
		if outs[i], err = u.tensor(f, mem, u0, u1); err != nil {
			return err
		}
	}
	return s.op.Eval(ins, outs)
}

// tensor returns units [u0,u1) of a value.
func (u unit) tensor(f core.Fact, mem []byte, u0, u1 int) (*core.Tensor, error) {
	size := u.elements * f.Type.Size()
	switch {
	case u.row > 0:
		return core.TensorOver(f.Type, core.Shape{u1 - u0, u.row}, mem[u0*size:u1*size])
	case u.elements > 0:
		return core.TensorOver(f.Type, core.Shape{u1 - u0}, mem[u0*size:u1*size])
	case len(f.Shape) > 1: // operands of one number, or of one for each element of a row
		return core.TensorOver(f.Type, core.Shape{f.Shape.MustElements()}, mem)
	}
	return core.TensorOver(f.Type, f.Shape, mem)
}
