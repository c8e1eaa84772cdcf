package passes

import (
	"github.com/tf2ng/tf2ng/core"
)

// requantizeChannels makes RequantizePerChannel of constant ranges what it is: a product with
// a scale for each channel, rounded. Behind raw accumulators that nobody else reads these
// are the post-ops; elsewhere they are ops that follow.
func requantizeChannels(f *core.Function) (*core.Function, error) {
	users := f.Users()
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(*core.TFRequantizePerChannel)
		if !ok || !constants(inputs[1:]) {
			return nil, nil
		}
		scales, err := op.Scales(tensors(inputs))
		if err != nil {
			return nil, err
		}
		shape := core.Shape{len(scales)}
		if len(scales) == 1 {
			shape = core.Shape{}
		}
		t, err := core.TensorOf(shape, scales)
		if err != nil {
			return nil, err
		}
		scale := constantOf(n, t)
		data := inputs[0]
		var q core.Value
		if product, ok := withPostOps(data.Node.Op(), core.PostOp{Kind: core.PostMul}, core.RoundSaturate(op.Type)); ok && len(users[n.Inputs()[0]]) == 1 {
			q, err = remake(n, product, append(data.Node.Inputs()[:4:4], scale))
		} else {
			q, err = multiplied(n, data, scale, op.Type)
		}
		if err != nil {
			return nil, err
		}
		ranges, err := op.Constants(operands(inputs))
		if err != nil {
			return nil, err
		}
		return []core.Value{q, constantOf(n, ranges[1]), constantOf(n, ranges[2])}, nil
	})
}

// withPostOps returns an integer product that gives its raw accumulators, with post-ops; false for
// all other ops.
func withPostOps(op core.Op, posts ...core.PostOp) (core.Op, bool) {
	switch op := op.(type) {
	case *core.IntegerConvolution:
		c := *op
		c.PostOps = posts
		return &c, len(op.PostOps) == 0
	case *core.IntegerDot:
		d := *op
		d.PostOps = posts
		return &d, len(op.PostOps) == 0
	}
	return nil, false
}

// multiplied returns round(f32(x) * scale) as a type.
func multiplied(n *core.Node, x, scale core.Value, typ core.Type) (core.Value, error) {
	real, err := remake(n, &core.Convert{Type: core.F32}, []core.Value{x})
	if err != nil {
		return core.Value{}, err
	}
	product, err := remake(n, &core.Multiply{}, []core.Value{real, scale})
	if err != nil {
		return core.Value{}, err
	}
	one, err := core.TensorOf(core.Shape{}, []float32{1})
	if err != nil {
		return core.Value{}, err
	}
	zero, err := core.NewTensor(typ, core.Shape{})
	if err != nil {
		return core.Value{}, err
	}
	op := &core.Quantize{Type: typ, RoundMode: core.RoundNearestTowardEven}
	return remake(n, op, []core.Value{product, core.NewConstant(one), core.NewConstant(zero)})
}
