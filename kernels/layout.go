package kernels

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
)

// channelsLast makes ops with channels first NHWC ones, which kernels compute, between
// transpositions.
func channelsLast(f *core.Function, evaluate passes.Evaluate) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if rank := len(n.Outputs()[0].Shape); rank < 3 || rank > 5 {
			return nil, nil
		}
		l := relayout{node: n, evaluate: evaluate}
		switch op := n.Op().(type) {
		case *core.IntegerConvolution:
			if op.Layout == core.NCHW {
				c := *op
				c.Layout = core.NHWC
				return l.convolution(&c, inputs)
			}
		case *core.Convolution:
			if op.Layout == core.NCHW && inputs[1].Constant() != nil {
				c := *op
				c.Layout = core.NHWC
				return l.convolution(&c, inputs)
			}
		case *core.MaxPool:
			if op.Layout == core.NCHW {
				c := *op
				c.Layout = core.NHWC
				return l.apply(&c, inputs)
			}
		case *core.AvgPool:
			if op.Layout == core.NCHW {
				c := *op
				c.Layout = core.NHWC
				return l.apply(&c, inputs)
			}
		case *core.TFQuantizedAvgPool:
			if op.Layout == core.NCHW {
				c := *op
				c.Layout = core.NHWC
				return l.apply(&c, inputs)
			}
		case *core.BatchNorm:
			if op.Layout == core.NCHW {
				c := *op
				c.Layout = core.NHWC
				return l.apply(&c, inputs)
			}
		}
		return nil, nil
	})
}

// relayout makes the nodes that replace one.
type relayout struct {
	node     *core.Node
	evaluate passes.Evaluate
	err      error
}

// convolution transposes the filters besides, and operands of the output's shape.
func (l *relayout) convolution(op core.Op, inputs []core.Value) ([]core.Value, error) {
	inputs = slices.Clone(inputs)
	rank := len(inputs[1].Shape())
	order := []int{} // spatial..., in, out
	for i := 2; i < rank; i++ {
		order = append(order, i)
	}
	toLast := &core.Transpose{Order: append(order, 1, 0)}
	if w := inputs[1].Constant(); w != nil {
		t, err := l.evaluate(toLast, []*core.Tensor{w})
		if err != nil {
			return nil, err
		}
		inputs[1] = core.NewConstant(t[0])
	} else {
		inputs[1] = l.make(toLast, inputs[1])
	}
	for i := 4; i < len(inputs); i++ {
		if len(inputs[i].Shape()) == rank {
			inputs[i] = l.last(inputs[i])
		}
	}
	return l.apply(op, inputs)
}

// apply returns the op on its first input with the channels last, and its output with them
// first.
func (l *relayout) apply(op core.Op, inputs []core.Value) ([]core.Value, error) {
	inputs = slices.Clone(inputs)
	inputs[0] = l.last(inputs[0])
	y := l.make(op, inputs...)
	return []core.Value{l.first(y)}, l.err
}

// last returns v with axis 1 moved behind the others.
func (l *relayout) last(v core.Value) core.Value {
	rank := len(v.Shape())
	if t, ok := v.Node.Op().(*core.Transpose); ok && slices.Equal(t.Order, channelsFirst(rank)) {
		return v.Node.Inputs()[0]
	}
	order := []int{0}
	for i := 2; i < rank; i++ {
		order = append(order, i)
	}
	return l.make(&core.Transpose{Order: append(order, 1)}, v)
}

// first returns v with its last axis moved to axis 1.
func (l *relayout) first(v core.Value) core.Value {
	if l.err != nil {
		return core.Value{}
	}
	return l.make(&core.Transpose{Order: channelsFirst(len(v.Shape()))}, v)
}

// channelsFirst is the order that moves the last axis to axis 1.
func channelsFirst(rank int) []int {
	order := []int{0, rank - 1}
	for i := 1; i < rank-1; i++ {
		order = append(order, i)
	}
	return order
}

// make returns a node's output.
func (l *relayout) make(op core.Op, inputs ...core.Value) core.Value {
	if l.err != nil {
		return core.Value{}
	}
	n, err := core.NewNamedNode(l.node.Name, op, inputs...)
	if err != nil {
		l.err = err
		return core.Value{}
	}
	n.Origin = l.node.Origin
	return n.Out(0)
}
