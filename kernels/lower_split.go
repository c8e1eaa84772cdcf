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
	s := share{op: n.Op(), in: make([]unit, len(n.Inputs())), out: single, units: n.Outputs()[0].Shape.MustElements()}
	if isUnary(n) {
		s.in[0] = single
		return s, true
	}
	if core.ElementsOf(n.Op()) == core.AllElements {
		return s.perElement(n)
	}
	if op, ok := n.Op().(core.RowWise); ok {
		return s.perRow(n, op)
	}
	return s, false
}

// perElement divides what combines the same elements of inputs of the output's shape and
// single numbers; and if there are inputs with a number for each element of the last axis,
// the rows of that axis.
func (s share) perElement(n *core.Node) (share, bool) {
	out, rows := n.Outputs()[0].Shape, false
	for i, v := range n.Inputs() {
		switch {
		case v.Shape().Equal(out):
			s.in[i] = single
		case v.Shape().MustElements() == 1:
		case isLastAxis(v.Shape(), out):
			rows = true
		default:
			return s, false
		}
	}
	if !rows {
		return s, true
	}
	row := rowOf(out[len(out)-1])
	for i := range s.in {
		if s.in[i] == single {
			s.in[i] = row
		}
	}
	s.units, s.out = s.units/row.elements, row
	return s, true
}

// isLastAxis reports whether a shape has a number for each element of the last axis of out,
// and out is not empty.
func isLastAxis(s, out core.Shape) bool {
	last := len(out) - 1
	return last >= 0 && len(s) > 0 && len(s) <= len(out) && s[len(s)-1] == out[last] &&
		s.MustElements() == out[last] && out.MustElements() > 0
}

// perRow divides ops that work on rows of the last axes.
func (s share) perRow(n *core.Node, op core.RowWise) (share, bool) {
	x := n.Inputs()[0].Shape()
	rows, ok := op.Rows(x)
	if !ok || x.MustElements() == 0 {
		return s, false
	}
	s.op, s.units = rows.Op, x.MustElements()/rows.Length
	s.in[0] = rowOf(rows.Length)
	if !rows.Single {
		s.out = s.in[0]
	}
	return s, true
}

// minShare is the least number of elements of one part.
const minShare = 1024

func isString(v core.Value) bool { return v.Type() == core.String }

// lowerShare lowers a node whose reference can run on parts of its data.
func (c *compiler) lowerShare(n *core.Node) bool {
	s, ok := shareOf(n)
	out := n.Outputs()[0]
	elements := max(out.Shape.MustElements(), s.units*max(s.in[0].elements, 1))
	if !ok || min(c.threads, s.units, elements/minShare) < 2 || out.Type.Size() == 0 ||
		slices.ContainsFunc(n.Inputs(), isString) {
		return false
	}
	in, res := c.buffersOf(n.Inputs()), []int{}
	for i := range n.Outputs() {
		res = append(res, c.newOutput(n.Out(i)))
	}
	c.emit(instruction{
		node: n, kernel: "reference in parts", splits: true, slow: true, reads: in, writes: res,
		run: func(r *worker, part, parts int) error {
			return n.Locate(s.run(r.run, n, in, res, part, parts))
		},
	})
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
