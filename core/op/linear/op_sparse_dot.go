package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[SparseDot]("SparseDot")

// SparseDot multiplies a sparse matrix by a dense one.
//
//	y[i, n] = Σ a[i, k] b[k, n]
//
//	Inputs:  indices: i32 or i64, [z, 2]: where a is not 0
//	         values: a real type or i32, [z]
//	         shape: i64, [2], of a
//	         b: the type of values, [k, n]
//	Outputs: y: the type of values, [i, n]
//
//	C1: indices are i32 or i64, [z, 2]; values are reals or i32, [z]
//	C2: shape is i64, [2], and not negative
//	C3: b has the type of values and rank 2, and as many rows as a has columns
//	C4: each index is inside a
//
// Products are added to 0 in the order of values, and product and sum are rounded one after the other. f16 is computed
// in f32 and rounded once. TransposeA and TransposeB say that a and b are given transposed. It is TensorFlow's
// SparseTensorDenseMatMul.
type SparseDot struct {
	TransposeA bool `json:"transpose_a,omitempty"`
	TransposeB bool `json:"transpose_b,omitempty"`
}

// InputNames names the inputs.
func (op *SparseDot) InputNames() []string { return []string{"indices", "values", "shape", "b"} }

// sides returns the numbers of the axes of a matrix: first that of its rows.
func sides(transposed bool) (rows, columns int) {
	if transposed {
		return 1, 0
	}
	return 0, 1
}

// Infer checks C1 to C3, and C4 for constants.
func (op *SparseDot) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 4); err != nil {
		return nil, err
	}
	t := max(in[1].Type, in[3].Type)
	if err := infer.WantType("C1", in, 0, core.I32, core.I64); err != nil {
		return nil, err
	}
	at, ok := in[0].Shape.Merge(core.Shape{core.Unknown, 2})
	if !ok {
		return nil, core.Violation("C1", 0, "got shape %v, want [z,2]", in[0].Shape)
	}
	if !in[1].Shape.Compatible(at[:1]) || t != core.Dynamic && t != core.I32 && !t.IsFloat() {
		return nil, core.Violation("C1", 1, "got %v, want reals or i32 of shape %v", in[1].Fact, at[:1])
	}
	if !in[2].Type.Compatible(core.I64) || !in[2].Shape.Compatible(core.Shape{2}) {
		return nil, core.Violation("C2", 2, "got %v, want i64[2]", in[2].Fact)
	}
	b, ok := in[3].Shape.Merge(infer.UnknownShape(2))
	if !ok || !in[1].Type.Compatible(in[3].Type) {
		return nil, core.Violation("C3", 3, "got %v, want a matrix of type %v", in[3].Fact, in[1].Type)
	}
	inner, outer := sides(op.TransposeB)
	a, ok := infer.IntsOf(in[2])
	if !ok {
		return []core.Fact{{Type: t, Shape: core.Shape{core.Unknown, b[outer]}}}, nil
	}
	row, column := sides(op.TransposeA)
	if a[0] < 0 || a[1] < 0 {
		return nil, core.Violation("C2", 2, "got %v, want 0 or more", a)
	}
	if b[inner] != core.Unknown && int64(b[inner]) != a[column] {
		return nil, core.Violation("C3", 3, "got shape %v for a of shape %v", b, a)
	}
	if indices, ok := infer.IntsOf(in[0]); ok {
		for i, index := range indices {
			if index < 0 || index >= a[i%2] {
				return nil, core.Violation("C4", 0, "got %v at %d, want one inside %v", indices[i&^1:i&^1+2], i/2, a)
			}
		}
	}
	s, err := infer.CheckedShape(core.Shape{int(a[row]), b[outer]})
	return []core.Fact{{Type: t, Shape: s}}, err
}

// Operations counts those of the values.
func (op *SparseDot) Operations(in, out []core.Fact) int64 {
	return 2 * int64(in[1].Shape.MustElements()) * int64(out[0].Shape[1])
}

// Eval adds product by product.
func (op *SparseDot) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	y, a, b := out[0], in[1], in[3]
	switch y.Type() {
	case core.I32:
		multiplySparse(op, in, core.Data[int32](a), core.Data[int32](b), core.Data[int32](y), y)
	case core.F32:
		multiplySparse(op, in, core.Data[float32](a), core.Data[float32](b), core.Data[float32](y), y)
	case core.F64:
		multiplySparse(op, in, core.Data[float64](a), core.Data[float64](b), core.Data[float64](y), y)
	default:
		sum := make([]float32, y.Len())
		multiplySparse(op, in, a.Float32s(), b.Float32s(), sum, y)
		elements.SetFloat32s(y, sum)
	}
	return nil
}

// multiplySparse multiplies a, the values, by b. It stops early if out is abandoned.
func multiplySparse[T int32 | float32 | float64](op *SparseDot, in []*core.Tensor, a, b, y []T, out *core.Tensor) {
	clear(y)
	inner, outer := sides(op.TransposeB)
	s := in[3].Shape()
	k, n := s[inner], s[outer]
	if op.TransposeB { // in the order in which it is read
		b = transposed(b, n, k)
	}
	product, step := make([]T, n), out.Type()
	if step == core.F16 {
		step = core.F32
	}
	row, column := sides(op.TransposeA)
	at := in[0].Int64s()
	for i, v := range a {
		if i&(1<<10-1) == 0 && out.Abandoned() {
			return
		}
		x, to := b[int(at[2*i+column])*n:][:n], y[int(at[2*i+row])*n:][:n]
		for j, f := range x {
			product[j] = f * v
		}
		elements.Narrow(step, product)
		for j, p := range product {
			to[j] += p
		}
		elements.Narrow(step, to)
	}
}

// transposed returns a matrix of n rows and k columns transposed.
func transposed[T any](b []T, n, k int) []T {
	t := make([]T, len(b))
	for i := range n {
		for j, v := range b[i*k : (i+1)*k] {
			t[j*n+i] = v
		}
	}
	return t
}
