package machine

import (
	"context"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
)

// MostElements bounds how many elements of a divisible op are computed between two checks of a Run's
// context.
const MostElements = 1 << 24

// Division is an op whose reference runs on parts of its data at the same time. Its inputs and its first
// output are divided into equally many units, and each part is a range of units.
type Division struct {
	node  *core.Node
	op    core.Op // computes one part
	units int
	in    []unit
	out   unit // of the first output
}

// unit says how much of a value belongs to one unit: one element; a row of elements, so that the parts are
// tensors of rank 2; or nothing, so that each part gets the whole value.
type unit struct{ elements, row int }

var (
	allOfIt = unit{}
	single  = unit{elements: 1}
)

func rowOf(n int) unit { return unit{n, n} }

// DivisionOf returns how to divide the work of a node with known shapes; false if it cannot be divided.
func DivisionOf(n *core.Node) (*Division, bool) {
	if slices.ContainsFunc(n.Outputs(), hasNoBytes) || slices.ContainsFunc(core.FactsOf(n.Inputs()), hasNoBytes) {
		return nil, false
	}
	d, ok := divisionOf(n)
	return &d, ok
}

// hasNoBytes reports whether a value has no bytes whose number is known: it has an unknown shape, or strings.
func hasNoBytes(f core.Fact) bool { return f.Type.Size() == 0 || !f.Static() }

func divisionOf(n *core.Node) (Division, bool) {
	d := Division{node: n, op: n.Op(), in: make([]unit, len(n.Inputs())), out: single}
	d.units = n.Outputs()[0].Shape.MustElements()
	if IsUnary(n) {
		d.in[0] = single
		return d, true
	}
	if trait.ElementsOf(n.Op()) == trait.AllElements {
		return d.perElement(n)
	}
	if op, ok := n.Op().(trait.RowWise); ok {
		return d.perRow(n, op)
	}
	return d, false
}

// perElement divides elementwise ops whose inputs either have the output's shape or are single numbers. If
// other inputs have a number for each element of the last axis, it divides into rows along that axis.
func (d Division) perElement(n *core.Node) (Division, bool) {
	out, rows := n.Outputs()[0].Shape, false
	for i, v := range n.Inputs() {
		switch {
		case v.Shape().Equal(out):
			d.in[i] = single
		case v.Shape().MustElements() == 1:
		case isLastAxis(v.Shape(), out):
			rows = true
		default:
			return d, false
		}
	}
	if !rows {
		return d, true
	}
	row := rowOf(out[len(out)-1])
	for i := range d.in {
		if d.in[i] == single {
			d.in[i] = row
		}
	}
	d.units, d.out = d.units/row.elements, row
	return d, true
}

// isLastAxis reports whether a tensor of shape s has one number for each element of the last axis of out,
// and out is not empty.
func isLastAxis(s, out core.Shape) bool {
	last := len(out) - 1
	return last >= 0 && len(s) > 0 && len(s) <= len(out) && s[len(s)-1] == out[last] &&
		s.MustElements() == out[last] && out.MustElements() > 0
}

// perRow divides ops that work on rows of the last axes.
func (d Division) perRow(n *core.Node, op trait.RowWise) (Division, bool) {
	x := n.Inputs()[0].Shape()
	rows, ok := op.Rows(x)
	if !ok || x.MustElements() == 0 {
		return d, false
	}
	d.op, d.units = rows.Op, x.MustElements()/rows.Length
	d.in[0] = rowOf(rows.Length)
	if !rows.Single {
		d.out = d.in[0]
	}
	return d, true
}

// Units returns the number of units: the greatest number of parts into which the work can be divided.
func (d *Division) Units() int { return d.units }

// Elements returns the number of elements of the output or of the first input, whichever has more.
func (d *Division) Elements() int {
	return max(d.node.Outputs()[0].Shape.MustElements(), d.units*max(d.in[0].elements, 1))
}

// Eval computes one part from the memory of the inputs into the memory of the outputs. Outputs other than
// the first are the same for all parts.
func (d *Division) Eval(in, out [][]byte, part, parts int) error {
	u0, u1 := part*d.units/parts, (part+1)*d.units/parts
	if u0 == u1 && part > 0 {
		return nil
	}
	ins, outs := make([]*core.Tensor, len(in)), make([]*core.Tensor, len(out))
	var err error
	for i, v := range d.node.Inputs() {
		if ins[i], err = d.in[i].tensor(v.Fact(), in[i], u0, u1); err != nil {
			return err
		}
	}
	for i, f := range d.node.Outputs() {
		mem, u := out[i], allOfIt
		if i == 0 {
			u = d.out
		} else if part > 0 {
			mem = make([]byte, len(mem))
		}
		if outs[i], err = u.tensor(f, mem, u0, u1); err != nil {
			return err
		}
	}
	return d.op.Eval(ins, outs)
}

// evalAll computes all parts one after the other, each of about MostElements at most, until ctx is done.
func (d *Division) evalAll(ctx context.Context, in, out []*core.Tensor) error {
	ins, outs := bytesOf(in), bytesOf(out)
	parts := min(d.units, d.Elements()/MostElements+1)
	for part := range parts {
		if ctx.Err() != nil {
			return nil
		}
		if err := d.Eval(ins, outs, part, parts); err != nil {
			return err
		}
	}
	return nil
}

func bytesOf(tensors []*core.Tensor) [][]byte {
	mem := make([][]byte, len(tensors))
	for i, t := range tensors {
		mem[i] = t.Bytes()
	}
	return mem
}

// tensor returns units [u0,u1) of a value.
func (u unit) tensor(f core.Fact, mem []byte, u0, u1 int) (*core.Tensor, error) {
	size := u.elements * f.Type.Size()
	switch {
	case u.row > 0:
		return core.TensorOver(f.Type, core.Shape{u1 - u0, u.row}, mem[u0*size:u1*size])
	case u.elements > 0:
		return core.TensorOver(f.Type, core.Shape{u1 - u0}, mem[u0*size:u1*size])
	case len(f.Shape) > 1: // operands with a single number, or with one number for each element of a row
		return core.TensorOver(f.Type, core.Shape{f.Shape.MustElements()}, mem)
	}
	return core.TensorOver(f.Type, f.Shape, mem)
}

// IsUnary reports whether a node computes each element of its first output from the element of its first
// input at the same index and from inputs of one element.
func IsUnary(n *core.Node) bool {
	in, out := n.Inputs(), n.Outputs()[0]
	if len(in) == 0 || !in[0].Shape().Equal(out.Shape) {
		return false
	}
	for _, v := range in[1:] {
		if v.Shape().MustElements() != 1 {
			return false
		}
	}
	return trait.ElementsOf(n.Op()) == trait.FirstElements
}
