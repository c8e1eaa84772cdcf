package compile

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/internal/view"
	"github.com/tf2ng/tf2ng/kernels/internal/elementwise"
	"github.com/tf2ng/tf2ng/kernels/internal/machine"
	"github.com/tf2ng/tf2ng/kernels/internal/match"
)

// lowerReference appends an instruction that runs the op's reference on the values in their buffers.
func lowerReference(c *compiler, n *core.Node) (bool, error) {
	if err := c.checkOutputs(n, referenceBytes); err != nil {
		return false, err
	}
	kernel, op := "reference", n.Op()
	if rows, ok := op.(trait.OnHalfRows); ok && n.Inputs()[0].Type().IsHalf() {
		widen, narrow := c.halves(n.Inputs()[0].Type())
		kernel += ", " + widen.Name + ", " + narrow.Name
		op = &onHalfRows{rows, trait.HalfRows{
			Widen:  func(y []float32, x []uint16) { widen.Run(view.Bytes(y), view.Bytes(x), nil, len(x), nil) },
			Narrow: func(y []uint16, x []float32) { narrow.Run(view.Bytes(y), view.Bytes(x), nil, len(x), nil) },
			Add:    c.addingTo(n.Inputs()[0].Type()),
		}}
	} else if rows, ok := op.(trait.OnRows); ok && n.Inputs()[0].Type() == core.F32 {
		kernel += ", rows by kernels"
		op = &onRows{rows, c.floatRows}
	}
	c.emitEval(n, kernel, func(r *machine.Run, in, out []*core.Tensor) error { return evalInto(r, op, in, out) })
	c.code[len(c.code)-1].Operations = machine.Operations(n)
	return true, nil
}

// onHalfRows is an op that converts rows with kernels.
type onHalfRows struct {
	trait.OnHalfRows
	rows trait.HalfRows
}

func (op *onHalfRows) Eval(in, out []*core.Tensor) error { return op.EvalHalfRows(in, out, op.rows) }

// onRows is an op that computes rows with kernels, which each call has for itself.
type onRows struct {
	trait.OnRows
	rows func() trait.FloatRows
}

func (op *onRows) Eval(in, out []*core.Tensor) error { return op.EvalRows(in, out, op.rows()) }

// floatRows returns the kernels of rows of float32. They are for one thread.
func (c *compiler) floatRows() trait.FloatRows {
	scaled, numbers := elementwise.Choose(c.isas, elementwise.AddScaled), &elementwise.Numbers{}
	return trait.FloatRows{
		Larger:  ofRows(elementwise.Choose(c.isas, elementwise.Larger)),
		Smaller: ofRows(elementwise.Choose(c.isas, elementwise.Smaller)),
		AddScaled: func(y, x []float32, scale float32) {
			numbers.Scale = scale
			scaled.Run(view.Bytes(y), view.Bytes(y), view.Bytes(x), len(y), numbers)
		},
	}
}

// ofRows returns a function of rows of float32.
func ofRows(v *elementwise.Variant) func(out, x, y []float32) {
	return func(out, x, y []float32) { v.Run(view.Bytes(out), view.Bytes(x), view.Bytes(y), len(out), nil) }
}

// addingTo returns what adds rows of float32 and rounds the sums to a type of 16 bits.
func (c *compiler) addingTo(t core.Type) func(acc, x []float32) {
	p := elementwise.AddF16
	if t == core.BF16 {
		p = elementwise.AddBF16
	}
	add := ofRows(elementwise.Choose(c.isas, p))
	return func(acc, x []float32) { add(acc, acc, x) }
}

// halves returns what converts numbers of a type of 16 bits to float32 and back.
func (c *compiler) halves(t core.Type) (widen, narrow *elementwise.Variant) {
	w, n, _ := match.Halves(t)
	return elementwise.Choose(c.isas, w), elementwise.Choose(c.isas, n)
}

// emitEval appends an instruction that calls eval with tensors over a node's inputs and outputs. eval runs a
// reference and may replace some of the tensors, and may read the buffers in more. emitEval returns the buffers of the
// inputs and outputs.
func (c *compiler) emitEval(
	n *core.Node, kernel string, eval func(r *machine.Run, in, out []*core.Tensor) error, more ...int,
) (in, out []int) {
	in = c.buffersOf(n.Inputs())
	facts := core.FactsOf(n.Inputs())
	for i := range n.Outputs() {
		out = append(out, c.newOutput(n.Out(i)))
	}
	ins, outs := c.newOperands(len(in)), c.newOperands(len(out))
	c.emit(machine.Instruction{
		Node: n, Kernel: kernel, Reads: slices.Concat(in, more), Writes: out,
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

// evalInto runs an op's reference and copies the results into the given tensors of out if the reference returns
// other tensors. It ends early if the Run is cancelled.
func evalInto(r *machine.Run, op core.Op, in, out []*core.Tensor) error {
	var few [4]*core.Tensor
	want := append(few[:0], out...)
	if err := r.Eval(op, in, out); err != nil {
		return err
	}
	for i, t := range out {
		if t != want[i] {
			copy(want[i].Bytes(), t.Bytes())
		}
	}
	return nil
}

// refusal returns the error that the reference of a node makes of its inputs, which are in the buffers reads.
func refusal(n *core.Node, r *machine.Worker, reads []int) error {
	var in []*core.Tensor
	for i, v := range n.Inputs() {
		x, err := core.TensorOver(v.Type(), v.Shape(), r.Mem[reads[i]])
		if err != nil {
			return n.Locate(err)
		}
		in = append(in, x)
	}
	_, err := core.EvalOp(n.Op(), in)
	return n.Locate(err)
}

// newOperands returns the number of a new state that holds tensors over buffers.
func (c *compiler) newOperands(buffers int) int {
	return c.newState(func() any { return machine.NewOperands(buffers) })
}

// vector returns a new tensor of n elements.
func vector(t core.Type, n int) *core.Tensor {
	v, err := core.NewTensor(t, core.Shape{n})
	if err != nil {
		panic(err) // cannot happen: the type has a size, and the elements are few
	}
	return v
}

// minPart is the least number of elements per part.
const minPart = 1024

// lowerInParts lowers a node whose reference can run on parts of its data.
func lowerInParts(c *compiler, n *core.Node) (bool, error) {
	d, ok := machine.DivisionOf(n)
	if !ok || min(d.Units(), d.Elements()/minPart) < 2 || c.threads < 2 && d.Elements() <= machine.MostElements {
		return false, nil
	}
	in, res := c.buffersOf(n.Inputs()), []int{}
	for i := range n.Outputs() {
		res = append(res, c.newOutput(n.Out(i)))
	}
	c.emit(machine.Instruction{
		Node: n, Kernel: "reference in parts", Splits: true, Slow: true, Reads: in, Writes: res,
		Run: func(r *machine.Worker, part, parts int) error {
			return n.Locate(evalPart(r.Run, d, in, res, part, parts))
		},
	})
	return true, nil
}

// evalPart computes one part of a division on the memory of a Run.
func evalPart(r *machine.Run, d *machine.Division, in, out []int, part, parts int) error {
	ins, outs := make([][]byte, len(in)), make([][]byte, len(out))
	for i, b := range in {
		ins[i] = r.Mem[b]
	}
	for i, b := range out {
		outs[i] = r.Mem[b]
	}
	return d.Eval(ins, outs, part, parts)
}

// lowerCalls lowers a node that calls functions, each of which has a machine of its own.
func lowerCalls(c *compiler, n *core.Node) (bool, error) {
	op, ok := n.Op().(core.Caller)
	if !ok {
		return false, nil
	}
	calls, err := c.assembler.calls(n, op)
	if err != nil {
		return false, err
	}
	c.inner, c.caller = c.inner+calls.PeakBytes(), n
	c.emitEval(n, "calls", func(r *machine.Run, in, out []*core.Tensor) error { return calls.Run(r.Context(), in, out) })
	i := &c.code[len(c.code)-1]
	i.Operations, i.Slow, i.Calls = calls.Operations(), true, calls
	return true, nil
}
