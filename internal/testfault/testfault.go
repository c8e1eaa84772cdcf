// Package testfault is a side of a comparison with a fault, for tests that have to find it.
package testfault

import (
	"context"

	"github.com/tf2ng/tf2ng"
	"github.com/tf2ng/tf2ng/compare"
	"github.com/tf2ng/tf2ng/core"
)

// Engine is tf2ng, following TensorFlow 2.21, with a fault: the first scale of a node, or end of its
// range, that is constant is wrong by a factor. The zero value is right.
type Engine struct {
	Node   string
	Factor float32
}

// Name is "tf2ng".
func (Engine) Name() string { return "tf2ng" }

// Open loads a GraphDef and plants the fault, if the graph has the node.
func (e Engine) Open(_ context.Context, graph []byte) (compare.Runner, error) {
	m, err := tf2ng.LoadBytes(graph, tf2ng.WithTFVersion("2.21"), tf2ng.WithoutQDQFusion())
	if err != nil {
		return nil, err
	}
	planted := e.Node == ""
	f, err := m.Function().Rewrite(func(n *core.Node, inputs []core.Value) ([]core.Value, error) {
		if planted || n.Origin.Node != e.Node {
			return nil, nil
		}
		for i, v := range inputs {
			c := v.Constant()
			if c == nil || c.Type() != core.F32 || c.Len() != 1 || c.Float32s()[0] == 0 {
				continue
			}
			wrong := c.Clone()
			core.Data[float32](wrong)[0] *= e.Factor
			inputs[i] = core.NewConstant(wrong)
			inputs[i].Node.Name = n.Name + "/wrong"
			planted = true
			other, err := n.With(n.Op(), inputs...)
			if err != nil {
				return nil, err
			}
			return []core.Value{other.Out(0)}, nil
		}
		return nil, nil
	})
	if err != nil {
		return nil, err
	}
	m, err = tf2ng.FromFunction(f, tf2ng.WithoutQDQFusion())
	if err != nil {
		return nil, err
	}
	return m.Runner(), nil
}
