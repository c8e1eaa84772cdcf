package kernels

import (
	"reflect"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/internal/passes"
)

// withChannelsLast makes ops with channels first NHWC ones between transpositions, where the
// kernels want it.
func withChannelsLast(f *core.Function, evaluate passes.Evaluate) (*core.Function, error) {
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(core.Layouted)
		if rank := len(n.Outputs()[0].Shape); !ok || rank < 3 || rank > 5 {
			return nil, nil
		}
		if op.ChannelLayout() != core.NCHW || !channelsLast[reflect.TypeOf(n.Op())] {
			return nil, nil
		}
		l := relayout{node: n, evaluate: evaluate}
		return l.apply(op, inputs)
	})
}

// relayout makes the nodes that replace one.
type relayout struct {
	node     *core.Node
	evaluate passes.Evaluate
	err      error
}

// apply returns the op on inputs with the channels last, and its output with them first; no
// values if it has computed filters of float32, which no kernel multiplies.
func (l *relayout) apply(op core.Layouted, inputs []core.Value) ([]core.Value, error) {
	roles := op.LayoutRoles(factsOf(inputs))
	inputs = slices.Clone(inputs)
	for i, v := range inputs {
		switch roles[i] {
		case core.DataLayout:
			inputs[i] = l.last(v)
		case core.FilterLayout:
			if v.Type() == core.F32 && v.Constant() == nil {
				return nil, nil
			}
			inputs[i] = l.filters(v)
		}
	}
	y := l.make(op.WithLayout(core.NHWC), inputs...)
	return []core.Value{l.first(y)}, l.err
}

// filters returns filters [O, I, spatial...] as [spatial..., I, O].
func (l *relayout) filters(v core.Value) core.Value {
	order := []int{}
	for i := 2; i < len(v.Shape()); i++ {
		order = append(order, i)
	}
	toLast := &core.Transpose{Order: append(order, 1, 0)}
	w := v.Constant()
	if w == nil {
		return l.make(toLast, v)
	}
	t, err := l.evaluate(toLast, []*core.Tensor{w})
	if err != nil {
		l.err = err
		return v
	}
	return core.NewConstant(t[0])
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
