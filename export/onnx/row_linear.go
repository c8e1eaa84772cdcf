package onnx

import (
	"errors"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
)

var (
	_ = exports(exportDot)
	_ = exports(exportBatchDot)
	_ = exports(exportEinsum)
	_ = exports(exportApplyPostOps)
)

// sums lowers the fidelity of a product of reals, since ONNX does not specify the order of its sums.
func (e *exporter) sums(n *core.Node) {
	if n.Outputs()[0].Type.IsFloat() {
		e.less(LastBits, sumOrder)
	}
}

// wide returns the name of a factor with its numbers as f32, which the results of products of bf16 are.
func (e *exporter) wide(v core.Value, name string) string {
	if v.Type() != core.BF16 {
		return name
	}
	return e.cast(name, core.F32)
}

func exportDot(e *exporter, n *core.Node, op *linear.Dot) error {
	a, b := n.Inputs()[0], n.Inputs()[1]
	if op.ReductionAxes != 1 || len(b.Shape()) != 2 || !a.Shape().Ranked() {
		return errors.New("it is no product with a matrix")
	}
	e.sums(n)
	e.define(n.Out(0), form{}, "MatMul", []string{e.wide(a, e.use(a, form{})), e.wide(b, e.use(b, form{}))})
	return nil
}

func exportBatchDot(e *exporter, n *core.Node, op *linear.BatchDot) error {
	names := make([]string, 2)
	for i, transposed := range []bool{op.TransposeA, op.TransposeB} {
		v := n.Inputs()[i]
		names[i] = e.wide(v, e.use(v, form{}))
		if !transposed {
			continue
		}
		rank := len(v.Shape())
		if !v.Shape().Ranked() {
			return errors.New("the rank of a factor is not known")
		}
		order := make([]int, rank)
		for k := range order {
			order[k] = k
		}
		order[rank-1], order[rank-2] = rank-2, rank-1
		names[i] = e.emit("Transpose", []string{names[i]}, attribute{"perm", order})
	}
	e.sums(n)
	e.define(n.Out(0), form{}, "MatMul", names)
	return nil
}

func exportEinsum(e *exporter, n *core.Node, op *linear.Einsum) error {
	names := make([]string, len(n.Inputs()))
	for i, v := range n.Inputs() {
		names[i] = e.use(v, form{})
	}
	e.sums(n)
	e.define(n.Out(0), form{}, "Einsum", names, attribute{"equation", op.Equation})
	return nil
}

func exportApplyPostOps(e *exporter, n *core.Node, op *linear.ApplyPostOps) error {
	in := n.Inputs()
	f := form{first: last(op.Layout) && e.formOf(in[0]).first}
	if !last(op.Layout) && len(in[0].Shape()) > 2 {
		return errors.New("its channels are axis 1")
	}
	x := e.use(in[0], f)
	if in[0].Type() != core.F32 {
		x = e.cast(x, core.F32)
	}
	return e.postOps(n, op.PostOps, in[1:], x, f.first)
}
