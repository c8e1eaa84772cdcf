package compile

import (
	"fmt"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
)

// lowerReference runs the op's reference on the values in their buffers.
func lowerReference(c *compiler, n *core.Node) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	for _, v := range n.Inputs() {
		if v.Type() == core.String {
			return false, fmt.Errorf("node %q (%s): strings can be passed through but not computed with", n.Name, n.OpName())
		}
	}
	c.emitEval(n, "reference", func(_ *machine.Run, in, out []*core.Tensor) error { return evalInto(n.Op(), in, out) })
	c.code[len(c.code)-1].Operations = machine.Operations(n)
	return true, nil
}

// emitEval appends an instruction that evaluates a node on its inputs and outputs: eval
// runs a reference, maybe on other tensors in place of some of them. It returns the
// buffers of both.
func (c *compiler) emitEval(
	n *core.Node, kernel string, eval func(r *machine.Run, in, out []*core.Tensor) error,
) (in, out []int) {
	in = c.buffersOf(n.Inputs())
	facts := machine.FactsOf(n.Inputs())
	for i := range n.Outputs() {
		out = append(out, c.newOutput(n.Out(i)))
	}
	ins, outs := c.newOperands(len(in)), c.newOperands(len(out))
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Reads: in, Writes: out,
		Run: func(r *machine.Worker, _, _ int) error {
			x, err := r.Operands(ins, in, facts)
			if err != nil {
				return err
			}
			y, err := r.Operands(outs, out, n.Outputs())
			if err != nil {
				return err
			}
			return n.Locate(eval(r.Run, x, y))
		},
	})
	return in, out
}

// evalInto runs an op's reference so that the results are in the tensors of out, whatever
// tensors the reference puts there.
func evalInto(op core.Op, in, out []*core.Tensor) error {
	var few [4]*core.Tensor
	want := append(few[:0], out...)
	if err := op.Eval(in, out); err != nil {
		return err
	}
	for i, t := range out {
		if t != want[i] {
			copy(want[i].Bytes(), t.Bytes())
		}
	}
	return nil
}

// NewOperands returns the number of the state that holds tensors over buffers.
func (c *compiler) newOperands(buffers int) int {
	return c.newState(func() any { return machine.NewOperands(buffers) })
}

// vector returns a new tensor of n elements.
func vector(t core.Type, n int) *core.Tensor {
	v, err := core.NewTensor(t, core.Shape{n})
	if err != nil {
		panic(err) // of a type with a size, and few
	}
	return v
}

// division is an op whose reference runs on parts of its data at the same time: on some of
// the units into which its inputs and its first output fall.
type division struct {
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

// divisionOf says how to divide the work of a node; false if it cannot be divided.
func divisionOf(n *core.Node) (division, bool) {
	d := division{op: n.Op(), in: make([]unit, len(n.Inputs())), out: single, units: n.Outputs()[0].Shape.MustElements()}
	if isUnary(n) {
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

// perElement divides what combines the same elements of inputs of the output's shape and
// single numbers; and if there are inputs with a number for each element of the last axis,
// the rows of that axis.
func (d division) perElement(n *core.Node) (division, bool) {
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

// isLastAxis reports whether a shape has a number for each element of the last axis of out,
// and out is not empty.
func isLastAxis(s, out core.Shape) bool {
	last := len(out) - 1
	return last >= 0 && len(s) > 0 && len(s) <= len(out) && s[len(s)-1] == out[last] &&
		s.MustElements() == out[last] && out.MustElements() > 0
}

// perRow divides ops that work on rows of the last axes.
func (d division) perRow(n *core.Node, op trait.RowWise) (division, bool) {
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

// minPart is the least number of elements of one part.
const minPart = 1024

func isString(v core.Value) bool { return v.Type() == core.String }

// lowerInParts lowers a node whose reference can run on parts of its data.
func lowerInParts(c *compiler, n *core.Node) (bool, error) {
	d, ok := divisionOf(n)
	out := n.Outputs()[0]
	elements := max(out.Shape.MustElements(), d.units*max(d.in[0].elements, 1))
	if !ok || min(c.threads, d.units, elements/minPart) < 2 || out.Type.Size() == 0 ||
		slices.ContainsFunc(n.Inputs(), isString) {
		return false, nil
	}
	in, res := c.buffersOf(n.Inputs()), []int{}
	for i := range n.Outputs() {
		res = append(res, c.newOutput(n.Out(i)))
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: "reference in parts", Splits: true, Slow: true, Reads: in, Writes: res,
		Run: func(r *machine.Worker, part, parts int) error {
			return n.Locate(d.run(r.Run, n, in, res, part, parts))
		},
	})
	return true, nil
}

// run computes the units of one part. The outputs behind the first are the same for all.
func (d *division) run(r *machine.Run, n *core.Node, in, res []int, part, parts int) error {
	u0, u1 := part*d.units/parts, (part+1)*d.units/parts
	if u0 == u1 && part > 0 {
		return nil
	}
	ins, outs := make([]*core.Tensor, len(in)), make([]*core.Tensor, len(res))
	var err error
	for i, v := range n.Inputs() {
		if ins[i], err = d.in[i].tensor(v.Fact(), r.Mem[in[i]], u0, u1); err != nil {
			return err
		}
	}
	for i, f := range n.Outputs() {
		mem, u := r.Mem[res[i]], allOfIt
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

// isUnary reports whether a node computes each element of its first output from the same
// element of its first input and from inputs of one element.
func isUnary(n *core.Node) bool {
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
