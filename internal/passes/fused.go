package passes

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/pointwise"
	"github.com/tf2ng/tf2ng/core/trait"
)

// fused leaves out the roundings to bf16 inside a group that TensorFlow computes as one op: a product, its bias and
// its activation. A rounded value that something else reads, or that is a result, stays: TensorFlow computes the ops
// one by one then.
func fused(f *core.Function, _ Options) (*core.Function, error) {
	users := f.Users()
	return f.Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if !fuses(n) || n.Inputs()[0].Type() != core.BF16 || len(users[n.Inputs()[0]]) != 1 {
			return nil, nil
		}
		rounding := inputs[0].Node
		if !fuses(rounding) || rounding.Inputs()[0].Type() != core.F32 {
			return nil, nil
		}
		real := rounding.Inputs()[0]
		switch n.Outputs()[0].Type {
		case core.BF16:
			return roundedBehind(n, inProduct(n.Op()), core.BF16, real)
		case core.F32:
			return []core.Value{real}, nil
		}
		return nil, nil
	})
}

func fuses(n *core.Node) bool {
	op, ok := n.Op().(trait.Fusable)
	return ok && op.Fuses()
}

// inProduct returns the op that gives the results of op where TensorFlow fuses it with a product.
func inProduct(op core.Op) core.Op {
	if f, ok := op.(trait.FusedOp); ok {
		return f.InProduct()
	}
	return op
}

// roundedBehind applies a node's op, or another form of it, to values of f32 and rounds the result to a type.
func roundedBehind(n *core.Node, op core.Op, t core.Type, reals ...core.Value) ([]core.Value, error) {
	wide, err := core.NewNamedNode(n.Name, op, reals...)
	if err != nil {
		return nil, err
	}
	narrow, err := core.NewNamedNode(n.Name, &pointwise.Convert{Type: t}, wide.Out(0))
	if err != nil {
		return nil, err
	}
	wide.Origin, narrow.Origin = n.Origin, n.Origin
	return []core.Value{narrow.Out(0)}, nil
}
