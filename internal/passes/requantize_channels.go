package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
)

// requantizeChannels turns RequantizePerChannel with constant ranges, which multiplies by a scale for each channel
// and rounds, into post-ops of the product whose raw accumulators it reads, if nothing else reads these.
func requantizeChannels(f *core.Function, _ Options) (*core.Function, error) {
	users := f.Users()
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		op, ok := n.Op().(*tensorflow.RequantizePerChannel)
		if !ok || !constants(inputs[1:]) || len(users[n.Inputs()[0]]) != 1 {
			return nil, nil
		}
		data := inputs[0].Node
		product, ok := withPostOps(data.Op(), postop.Step{Kind: postop.Mul}, postop.RoundSaturateTo(op.Type))
		if !ok {
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
		q, err := remake(n, product, append(data.Inputs()[:4:4], constantOf(n, t)))
		if err != nil {
			return nil, err
		}
		ranges, err := op.Constants(core.Operands(inputs))
		if err != nil {
			return nil, err
		}
		return []core.Value{q, constantOf(n, ranges[1]), constantOf(n, ranges[2])}, nil
	})
}

// withPostOps adds post-ops to an integer product that returns its raw accumulators; false for all other ops.
func withPostOps(op core.Op, steps ...postop.Step) (core.Op, bool) {
	p, ok := op.(trait.IntegerProduct)
	if !ok || len(p.Steps()) > 0 {
		return nil, false
	}
	return p.WithSteps(steps), true
}
