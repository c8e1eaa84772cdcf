// Package calibrate runs a function to find the ranges of products to which tensors are added.
package calibrate

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/postop"
	"github.com/tf2ng/tf2ng/core/trait"
	"github.com/tf2ng/tf2ng/export/onnx/internal/affine"
	"github.com/tf2ng/tf2ng/kernels"
)

// sum is a product to which a tensor of bytes is added.
type sum struct {
	node    *core.Node
	product core.Value // the product alone
	unit    float64    // what it is multiplied by in the Affine of the node
}

// Products runs f, with values for its parameters by name, and returns the range of each product to which a tensor of
// bytes is added, in the reals of its Affine. Products in the bodies of loops and conditionals are left out.
func Products(f *core.Function, inputs []map[string]*core.Tensor) (map[*core.Node]affine.Range, error) {
	g, sums := &core.Function{Parameters: f.Parameters, Meta: f.Meta}, map[string]sum{}
	for i, n := range f.Nodes() {
		s, ok, err := sumOf(n)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		name := fmt.Sprintf("product%d", i)
		r, err := core.NewNamedNode(name, &core.Result{}, s.product)
		if err != nil {
			return nil, err
		}
		g.Results, sums[name] = append(g.Results, r), s
	}
	ranges := map[*core.Node]affine.Range{}
	if len(sums) == 0 {
		return ranges, nil
	}
	prepared, err := kernels.Prepare(g, kernels.Options{WithoutQDQ: true})
	if err != nil {
		return nil, err
	}
	defer prepared.Close()
	for _, in := range inputs {
		out, err := prepared.Run(context.Background(), in, nil)
		if err != nil {
			return nil, err
		}
		for name, t := range out {
			s := sums[strings.TrimSuffix(name, ":0")]
			r, known := ranges[s.node]
			for _, x := range t.Float64s() {
				x *= s.unit
				if !known {
					r, known = affine.Range{Least: x, Most: x}, true
				}
				r = affine.Range{Least: min(r.Least, x), Most: max(r.Most, x)}
			}
			if known {
				ranges[s.node] = r
			}
		}
	}
	return ranges, nil
}

// sumOf returns what Products looks for in a node; false if it is not there.
func sumOf(n *core.Node) (s sum, ok bool, err error) {
	const first = 4 // the operands of the steps follow data, factors and zero points
	op, ok := n.Op().(trait.IntegerProduct)
	if !ok {
		return s, false, nil
	}
	in := n.Inputs()
	a, ok := affine.Of(op.Steps(), in[first:])
	if !ok || a.Summand.Node == nil {
		return s, false, nil
	}
	before, operands := 0, first
	for op.Steps()[before].Kind != postop.MulAdd {
		operands += op.Steps()[before].Operands()
		before++
	}
	alone, err := core.NewNamedNode(n.Name, op.WithSteps(slices.Clone(op.Steps()[:before])), in[:operands]...)
	if err != nil {
		return s, false, err
	}
	scale := in[operands+1].Constant().Float64s()[0]
	return sum{n, alone.Out(0), a.By / scale}, true, nil
}
