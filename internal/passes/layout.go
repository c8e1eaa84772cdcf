package passes

import (
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/geometry"
	"github.com/tf2ng/tf2ng/core/op/array"
	"github.com/tf2ng/tf2ng/core/trait"
)

// layout turns ops with channels first into ops with channels last, between transpositions, where the kernels want
// it.
func layout(f *core.Function, o Options) (*core.Function, error) {
	if o.ChannelsLast == nil {
		return f, nil
	}
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(trait.Layouted)
		if out := n.Outputs()[0]; !ok || !out.Static() || len(out.Shape) < 3 || len(out.Shape) > 5 {
			return nil, nil
		}
		if op.ChannelLayout() != geometry.NCHW || !o.ChannelsLast(n.Op()) {
			return nil, nil
		}
		l := relayout{node: n, evaluate: o.Eval}
		return l.apply(op, inputs)
	})
}

// relayout creates the nodes that replace a node.
type relayout struct {
	node     *core.Node
	evaluate Evaluate
	err      error
}

// apply applies the op to inputs with the channels last, and returns the output with the channels first. It returns
// no values if the op has filters of float32 that are computed: no kernel multiplies by those.
func (l *relayout) apply(op trait.Layouted, inputs []core.Value) ([]core.Value, error) {
	roles := op.LayoutRoles(core.FactsOf(inputs))
	inputs = slices.Clone(inputs)
	for i, v := range inputs {
		switch roles[i] {
		case trait.DataLayout:
			inputs[i] = l.last(v)
		case trait.FilterLayout:
			if v.Type() == core.F32 && v.Constant() == nil {
				return nil, nil
			}
			inputs[i] = l.filters(v)
		}
	}
	y := l.make(op.WithLayout(geometry.NHWC), inputs...)
	return []core.Value{l.first(y)}, l.err
}

// filters returns filters [O, I, spatial...] as [spatial..., I, O].
func (l *relayout) filters(v core.Value) core.Value {
	order := []int{}
	for i := 2; i < len(v.Shape()); i++ {
		order = append(order, i)
	}
	toLast := &array.Transpose{Order: append(order, 1, 0)}
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

// last returns v with axis 1 moved to the end.
func (l *relayout) last(v core.Value) core.Value {
	rank := len(v.Shape())
	if t, ok := v.Node.Op().(*array.Transpose); ok && slices.Equal(t.Order, channelsFirst(rank)) {
		return v.Node.Inputs()[0]
	}
	order := []int{0}
	for i := 2; i < rank; i++ {
		order = append(order, i)
	}
	return l.make(&array.Transpose{Order: append(order, 1)}, v)
}

// first returns v with its last axis moved to axis 1.
func (l *relayout) first(v core.Value) core.Value {
	if l.err != nil {
		return core.Value{}
	}
	return l.make(&array.Transpose{Order: channelsFirst(len(v.Shape()))}, v)
}

// channelsFirst is the order that moves the last axis to axis 1.
func channelsFirst(rank int) []int {
	order := []int{0, rank - 1}
	for i := 1; i < rank-1; i++ {
		order = append(order, i)
	}
	return order
}

// make creates a node and returns its output.
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
