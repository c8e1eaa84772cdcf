package onnx

import (
	"errors"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/op/linear"
	"github.com/tf2ng/tf2ng/core/op/matrix"
	"github.com/tf2ng/tf2ng/core/op/tensorflow"
)

// noAlgebra is why inverses and factorizations are not exported.
const noAlgebra = "ONNX has no linear algebra but Det"

var (
	_ = exports(exportDot)
	_ = lacks[linear.SparseDot](noSparse)
	_ = lacks[matrix.Determinant]("ONNX leaves open how runtimes compute Det")
	_ = lacks[matrix.LogDeterminant](noAlgebra)
	_ = lacks[matrix.Inverse](noAlgebra)
	_ = lacks[matrix.Solve](noAlgebra)
	_ = lacks[matrix.TriangularSolve](noAlgebra)
	_ = lacks[matrix.BandedTriangularSolve](noAlgebra)
	_ = lacks[matrix.TridiagonalSolve](noAlgebra)
	_ = lacks[matrix.TridiagonalProduct](noAlgebra)
	_ = lacks[matrix.Exponential](noAlgebra)
	_ = lacks[matrix.Cholesky](noAlgebra)
	_ = lacks[matrix.QR](noAlgebra)
	_ = lacks[matrix.SelfAdjointEig](noAlgebra)
	_ = lacks[matrix.SVD](noAlgebra)
	_ = exports(exportBatchDot)
	_ = exports(exportEinsum)
	_ = exports(exportApplyPostOps)
	_ = exports(exportNarrowMatMul)
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

// exportNarrowMatMul writes the sums of each part of the columns as the op defines them. It computes them in f32, and
// rounds to bf16.
func exportNarrowMatMul(e *exporter, n *core.Node, _ *tensorflow.NarrowMatMul) error {
	s, t := n.Inputs()[0].Shape(), n.Inputs()[1].Shape()
	if !s.Static() || !t.Static() || s.MustElements() == 0 || t.MustElements() == 0 {
		return errors.New("a shape is not known, or empty")
	}
	rows, inner, columns := s[0], s[1], t[1]
	a, b := e.f32(e.use(n.Inputs()[0], form{})), e.f32(e.use(n.Inputs()[1], form{}))
	wide, vectors, whole, fours := columns&^15, columns&^7, inner&^7, rows&^3
	part := func(r, c, k [2]int, by int, products bool) narrowPart {
		shape := core.Shape{r[1] - r[0], c[1] - c[0]}
		return narrowPart{
			e: e, a: e.cut(e.cut(a, 0, r[0], r[1], 1), 1, k[0], k[1], by),
			b:     e.cut(e.cut(b, 0, k[0], k[1], by), 1, c[0], c[1], 1),
			shape: shape, of: shape[1:], products: products,
		}
	}
	all, k := [2]int{0, rows}, [2]int{0, inner}
	var parts []string // of the columns
	switch left, right := [2]int{0, vectors}, [2]int{vectors, columns}; {
	case rows == 1:
		step := max(inner, 1)
		if inner >= 128 {
			if step = 16; columns >= 16000 {
				step = 4
			}
		}
		for _, c := range [][2]int{left, right} {
			if c[0] < c[1] {
				parts = append(parts, part(all, c, k, 1, c == right).inSteps(inner, step))
			}
		}
	default:
		middle := [2]int{wide, vectors}
		if fours == 0 || whole == 0 {
			middle[0] = vectors
		}
		if 0 < middle[0] {
			parts = append(parts, part(all, [2]int{0, middle[0]}, k, 1, true).sums(""))
		}
		if middle[0] < middle[1] {
			r := [2]int{0, fours}
			y := part(r, middle, [2]int{0, whole}, 2, true).sums("")
			y = e.narrow(e.add(y, part(r, middle, [2]int{1, whole}, 2, true).sums("")))
			if whole < inner {
				y = part(r, middle, [2]int{whole, inner}, 1, true).sums(y)
			}
			if fours < rows {
				rest := part([2]int{fours, rows}, middle, k, 1, true).sums("")
				y = e.emit("Concat", []string{y, rest}, attribute{"axis", 0})
			}
			parts = append(parts, y)
		}
		if right[0] < right[1] {
			parts = append(parts, part(all, right, k, 1, false).sums(""))
		}
	}
	y := e.emit("Concat", parts, attribute{"axis", 1})
	e.define(n.Out(0), form{}, "Cast", []string{y}, attribute{"to", int(dataTypes[core.BF16])})
	return nil
}

// cut writes every by-th slice of a tensor along an axis.
func (e *exporter) cut(x string, axis, from, to, by int) string {
	list := func(what string, i int) string { return e.ints(what, []int{i}) }
	return e.emit("Slice", []string{x, list("from", from), list("to", to), list("axis", axis), list("by", by)})
}

// narrow writes the rounding of f32 to bf16.
func (e *exporter) narrow(x string) string { return e.f32(e.cast(x, core.BF16)) }

// narrowPart is a part of the result of a NarrowMatMul.
type narrowPart struct {
	e        *exporter
	a, b     string // f32: what is multiplied, along the last axis of a and the first of b
	shape    core.Shape
	of       core.Shape // the shape of a slice of b
	products bool       // products are rounded too
}

// sums writes the addition of the products to initial, or to 0 if that is "".
func (p narrowPart) sums(initial string) string {
	e := p.e
	a := e.emit("Unsqueeze", []string{p.a, e.ints("last", []int{2})})
	return e.accumulate(p.shape, initial, []string{a, p.b}, []int{1, 0}, []core.Shape{{p.shape[0], 1}, p.of},
		func(in []string) string {
			x := e.mul(in[0], in[1])
			if p.products {
				return e.narrow(x)
			}
			return x
		})
}

// inSteps writes the sums of a single row of some products: those of each step, and then the sums of these.
func (p narrowPart) inSteps(products, step int) string {
	e, columns := p.e, p.shape[1]
	steps := (products + step - 1) / step
	missing := steps*step - products // they are 0
	a := e.emit("Pad", []string{p.a, e.ints("pads", []int{0, 0, 0, missing})})
	b := e.emit("Pad", []string{p.b, e.ints("pads", []int{0, 0, missing, 0})})
	b = e.emit("Reshape", []string{b, e.ints("shape", []int{steps, step, columns})})
	each := narrowPart{
		e: e, a: e.emit("Reshape", []string{a, e.ints("shape", []int{steps, step})}),
		b:     e.emit("Transpose", []string{b}, attribute{"perm", []int{1, 0, 2}}),
		shape: core.Shape{steps, columns}, of: core.Shape{steps, columns}, products: p.products,
	}
	return e.accumulate(p.shape, "", []string{each.sums("")}, []int{0}, []core.Shape{p.of},
		func(in []string) string { return in[0] })
}

// accumulate writes a Scan of tensors along one axis each: it adds what summand makes of their slices, whose shapes
// are given, to initial, or to 0 if that is "". Each sum is rounded to bf16.
func (e *exporter) accumulate(
	shape core.Shape, initial string, of []string, axes []int, slices []core.Shape, summand func(in []string) string,
) string {
	if initial == "" {
		dims := make([]int, len(shape))
		copy(dims, shape)
		initial = e.emit("Expand", []string{e.real(0), e.ints("shape", dims)})
	}
	sum := core.Fact{Type: core.F32, Shape: shape}
	inputs, in := []valueInfo{{name: e.unique(e.node.Name + "/sum"), fact: sum}}, make([]string, len(of))
	for i, s := range slices {
		in[i] = e.unique(e.node.Name + "/slice")
		inputs = append(inputs, valueInfo{name: in[i], fact: core.Fact{Type: core.F32, Shape: s}})
	}
	body := e.subgraph("body", inputs, []core.Fact{sum}, func() []string {
		return []string{e.narrow(e.add(inputs[0].name, summand(in)))}
	})
	return e.emit("Scan", append([]string{initial}, of...), attribute{"body", body},
		attribute{"num_scan_inputs", len(of)}, attribute{"scan_input_axes", axes})
}
