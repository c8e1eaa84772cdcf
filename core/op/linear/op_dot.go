package linear

import (
	"math"
	"slices"

	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/numeric"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[Dot]("Dot")

// Dot is the dot product, in the type of its inputs.
//
//	y[m..., n...] = sum over k... of a[m..., k...] * b[k..., n...]
//
// k... are the last ReductionAxes axes of a and the first of b. Each sum starts with 0
// and runs over k... in row-major order. In f32 and f64 a product is added with one
// rounding (fused multiply-add). In f32 subnormal numbers and sums count as zeros, as in
// TensorFlow. A sum that is zero is +0. Integers wrap.
//
// The products of bf16 are summed in f32, in pairs of which the second is added first; the
// last may be single. That is how the instruction VDPBF16PS of x86 adds a pair, and
// TensorFlow on the CPUs that have it.
//
//	Inputs:  a: f32, f64, bf16, i32 or i64, [m..., k...]
//	         b: the type of a, [k..., n...]
//	Outputs: y: the type of a, but f32 for bf16, [m..., n...]
//
//	C1: a and b are of one type, f32, f64, bf16, i32 or i64
//	C2: the reduction axes exist in both and have equal sizes
//
// It is nGraph's op::v0::Dot, and TensorFlow's MatMul, which leaves the order open.
type Dot struct {
	ReductionAxes int `json:"reduction_axes_count"`
}

// InputNames names the inputs.
func (op *Dot) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 and C2.
func (op *Dot) Infer(in []core.Operand) ([]core.Fact, error) {
	t, err := summedType(in, core.F32, core.F64, core.BF16, core.I32, core.I64)
	if err != nil {
		return nil, err
	}
	s, err := dotShape(in[0].Shape, in[1].Shape, op.ReductionAxes)
	if err != nil {
		return nil, err
	}
	s, err = infer.CheckedShape(s)
	return []core.Fact{{Type: sumType(t), Shape: s}}, err
}

// Eval is the plain loop.
func (op *Dot) Eval(in, out []*core.Tensor) error {
	s, err := dotShape(in[0].Shape(), in[1].Shape(), op.ReductionAxes)
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, sumType(in[0].Type()), s); err != nil {
		return err
	}
	m, k, n := dotSizes(in[0].Shape(), in[1].Shape(), op.ReductionAxes)
	dots(out[0], in[0], in[1], 1, m, k, n)
	return nil
}

// BatchInputs says that the first input has the batch axis (axis 0), unless that axis is reduced.
func (op *Dot) BatchInputs(in []core.Fact, _ core.Shape) []bool {
	if len(in[0].Shape) <= op.ReductionAxes {
		return nil
	}
	return trait.FirstInput(in)
}

// Operations counts, for each output element, the products that are summed.
func (op *Dot) Operations(in, out []core.Fact) int64 {
	return 2 * int64(out[0].Shape.MustElements()) * int64(core.Shape(in[1].Shape[:op.ReductionAxes]).MustElements())
}

// IntegerForm is an IntegerDot, if the factors contribute one axis to the output.
func (op *Dot) IntegerForm(rank int) (trait.IntegerForm, bool) {
	return trait.IntegerForm{Op: &IntegerDot{ReductionAxes: op.ReductionAxes}, Channels: rank - 1},
		rank == op.ReductionAxes+1
}

// dots multiplies several pairs of matrices.
func dots(y, a, b *core.Tensor, pairs, m, k, n int) {
	switch a.Type() {
	case core.F32:
		eachDot[float32](y, a, b, pairs, m, k, n)
	case core.F64:
		eachDot[float64](y, a, b, pairs, m, k, n)
	case core.BF16:
		to, left, right := core.Data[float32](y), a.Float32s(), b.Float32s()
		for i := range pairs {
			dotPairs(to[i*m*n:], left[i*m*k:], right[i*k*n:], m, k, n, y.Abandoned)
		}
	case core.I32:
		eachDot[int32](y, a, b, pairs, m, k, n)
	case core.I64:
		eachDot[int64](y, a, b, pairs, m, k, n)
	}
}

func eachDot[T summed](y, a, b *core.Tensor, pairs, m, k, n int) {
	to, left, right := core.Data[T](y), core.Data[T](a), core.Data[T](b)
	for i := range pairs {
		dot(to[i*m*n:], left[i*m*k:], right[i*k*n:], m, k, n, y.Abandoned)
	}
}

// summed are the types in which products are summed.
type summed interface {
	float32 | float64 | int32 | int64
}

// sumType is the type of the sums of a type's products.
func sumType(t core.Type) core.Type {
	if t == core.BF16 {
		return core.F32
	}
	return t
}

// dot sets y[m, n] to a[m, k] times b[k, n]. The sums of a row are computed side by side. It stops early if y is
// abandoned.
func dot[T summed](y, a, b []T, m, k, n int, abandoned func() bool) {
	clear(y[:m*n])
	for i := range m {
		row := y[i*n : (i+1)*n]
		for l, v := range a[i*k : (i+1)*k] {
			if l%64 == 0 && abandoned() {
				return
			}
			addProducts(row, v, b[l*n:(l+1)*n], 1)
		}
		withoutSign(row)
	}
}

// dotPairs is dot for numbers of bf16.
func dotPairs(y, a, b []float32, m, k, n int, abandoned func() bool) {
	clear(y[:m*n])
	for i := range m {
		row := y[i*n : (i+1)*n]
		for l := range k {
			if l%64 == 0 && abandoned() {
				return
			}
			l = ofPairs(l, k)
			addProducts(row, a[i*k+l], b[l*n:(l+1)*n], 1)
		}
		withoutSign(row)
	}
}

// ofPairs returns which of n numbers of bf16 is multiplied at a place in their sum.
func ofPairs(place, n int) int {
	if other := place ^ 1; other < n {
		return other
	}
	return place
}

// addProducts adds x*w[i*stride] to sums[i]. That of reals is rounded once.
func addProducts[T summed](sums []T, x T, w []T, stride int) {
	switch s := any(sums).(type) {
	case []float32:
		weights := any(w).([]float32)
		for i, sum := range s {
			s[i] = numeric.FlushedFMA32(float32(x), weights[i*stride], sum)
		}
	case []float64:
		weights := any(w).([]float64)
		for i, sum := range s {
			s[i] = math.FMA(float64(x), weights[i*stride], sum)
		}
	default:
		for i := range sums {
			sums[i] += x * w[i*stride]
		}
	}
}

// withoutSign makes zeros of sums positive, so that it does not matter whether zeros of padding are added.
func withoutSign[T summed](sums []T) {
	for i := range sums {
		sums[i] += 0
	}
}

// summedType checks C1 of an op whose two inputs have the same type, one of those given, and returns that type.
// If neither type is known, it returns the first.
func summedType(in []core.Operand, types ...core.Type) (core.Type, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return core.Dynamic, err
	}
	t := in[0].Type
	if t == core.Dynamic {
		t = in[1].Type
	}
	if t == core.Dynamic {
		t = types[0]
	}
	for i, o := range in {
		if o.Type.Compatible(t) && slices.Contains(types, t) {
			continue
		}
		if i == 0 || !slices.Contains(types, t) {
			return core.Dynamic, core.Violation("C1", i, "got type %v, want one of %v", o.Type, types)
		}
		return core.Dynamic, core.Violation("C1", i, "got type %v, want %v, the type of the other input", o.Type, t)
	}
	return t, nil
}
