package kernels

import (
	"fmt"

	"github.com/tf2ng/tf2ng/core"
)

// minTable is the least number of elements for which a table of all bytes pays.
const minTable = 1024

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
	switch op := n.Op().(type) {
	case *core.Activate, *core.Unary, *core.Clamp, *core.Convert, *core.LogicalNot, *core.TFRequantize, *core.TFQuantizedRelu:
		return true
	case *core.TFDequantize:
		return op.Axis == -1
	case *core.TFQuantizeV2:
		return op.Axis == -1
	case *core.TFFakeQuant:
		return !op.PerChannel
	case *core.TFQuantizeAndDequantize:
		return op.Axis == -1 && op.RangeGiven
	case *core.Quantize:
		return len(op.Axes) == 0
	case *core.Dequantize:
		return len(op.Axes) == 0
	}
	return false
}

// allBytes returns the 256 values of an 8-bit type, in the order of their bits.
func allBytes(t core.Type) *core.Tensor {
	values := make([]byte, 256)
	for i := range values {
		values[i] = byte(i)
	}
	x, err := core.TensorOver(t, core.Shape{256}, values)
	if err != nil {
		panic(err) // 256 elements of one byte
	}
	return x
}

// table is an op's results for all bytes, made when the program runs.
type table struct{ values *core.Tensor }

// lowerTable lowers an op on single bytes: its reference computes the results of all 256,
// which every element then looks up.
func (c *compiler) lowerTable(n *core.Node) bool {
	x, out := n.Inputs()[0], n.Outputs()[0]
	size, elements := out.Type.Size(), out.Shape.MustElements()
	if x.Type().Size() != 1 || x.Type() == core.Bool || size == 0 || elements < minTable || !isUnary(n) {
		return false
	}
	bytes := allBytes(x.Type())
	state := c.newState(func() any {
		t, err := core.NewTensor(out.Type, core.Shape{256})
		if err != nil {
			panic(err) // 256 elements of a type with a size
		}
		return &table{t}
	})
	c.emitEval(n, "table values", func(_ *run, in []*core.Tensor) { in[0] = bytes }, func(r *run, res []*core.Tensor) {
		res[0] = r.state[state].(*table).values
	})
	src, dst := c.read(x), c.at[n.Out(0)]
	c.readBuffer(dst)
	parts := min(c.threads, 1+elements/minElements)
	c.emit(instruction{node: n, kernel: fmt.Sprintf("table_b8_%v", out.Type), parts: parts, run: func(r *worker, part, parts int) error {
		i0, i1 := splitElements(elements, part, parts)
		if i0 >= i1 {
			return nil
		}
		values := r.state[state].(*table).values.Bytes()
		from, to := r.mem[src][i0:i1], r.mem[dst][i0*size:i1*size]
		switch size {
		case 1:
			look(to, from, (*[256]uint8)(values))
		case 2:
			look(view[uint16](to), from, (*[256]uint16)(view[uint16](values)))
		case 4:
			look(view[uint32](to), from, (*[256]uint32)(view[uint32](values)))
		default:
			look(view[uint64](to), from, (*[256]uint64)(view[uint64](values)))
		}
		return nil
	}})
	return true
}

func look[T any](to []T, from []byte, values *[256]T) {
	to = to[:len(from)]
	for i, b := range from {
		to[i] = values[b]
	}
}

// emitEval appends an instruction that runs the op's reference on the values in their
// buffers, less those that change puts in their place, and gives its outputs buffers.
func (c *compiler) emitEval(n *core.Node, kernel string, changeIn, changeOut func(r *run, t []*core.Tensor)) {
	var in, out []int
	facts := make([]core.Fact, len(n.Inputs()))
	for i, v := range n.Inputs() {
		in, facts[i] = append(in, c.read(v)), v.Fact()
	}
	for i := range n.Outputs() {
		out = append(out, c.write(n.Out(i)))
	}
	c.emit(instruction{node: n, kernel: kernel, run: func(r *worker, _, _ int) error {
		ins, err := r.tensors(in, facts)
		if err != nil {
			return err
		}
		res, err := r.tensors(out, n.Outputs())
		if err != nil {
			return err
		}
		changeIn(r.run, ins)
		changeOut(r.run, res)
		return n.Locate(n.Op().Eval(ins, res))
	}})
}
