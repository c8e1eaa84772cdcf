package linear

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
	"github.com/tf2ng/tf2ng/core/trait"
)

var _ = core.Register[BatchDot]("BatchDot")

// BatchDot multiplies matrices pair by pair, in their type and in the order of Dot.
//
//	y[batch..., m, n] = sum over k of a[batch..., m, k] * b[batch..., k, n]
//
// The batch dimensions broadcast by NumPy's rules.
//
//	Inputs:  a: f32, f64, bf16, i32 or i64, [batch..., m, k], or [batch..., k, m] with TransposeA
//	         b: the type of a, [batch..., k, n], or [batch..., n, k] with TransposeB
//	Outputs: y: the type of a, but f32 for bf16, [batch..., m, n]
//
//	C1: a and b are of one type, f32, f64, bf16, i32 or i64
//	C2: both have rank 2 or more and equal k
//	C3: the batch dimensions broadcast
//
// It is TensorFlow's BatchMatMulV2, and MatMul with a transposition.
type BatchDot struct {
	TransposeA bool `json:"transpose_a,omitempty"`
	TransposeB bool `json:"transpose_b,omitempty"`
}

// InputNames names the inputs.
func (op *BatchDot) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 to C3.
func (op *BatchDot) Infer(in []core.Operand) ([]core.Fact, error) {
	t, err := summedType(in, core.F32, core.F64, core.BF16, core.I32, core.I64)
	if err != nil {
		return nil, err
	}
	s, err := op.shape(in[0].Shape, in[1].Shape)
	return []core.Fact{{Type: sumType(t), Shape: s}}, err
}

func (op *BatchDot) shape(a, b core.Shape) (core.Shape, error) {
	for i, s := range []core.Shape{a, b} {
		if s.Ranked() && len(s) < 2 {
			return nil, core.Violation("C2", i, "got shape %v, want rank 2 or more", s)
		}
	}
	if !a.Ranked() || !b.Ranked() {
		return nil, nil
	}
	m, ka := lastTwo(a, op.TransposeA)
	kb, n := lastTwo(b, op.TransposeB)
	if ka != kb && ka != core.Unknown && kb != core.Unknown {
		return nil, core.Violation("C2", 1, "got shape %v for a of shape %v: %d rows to sum, want %d", b, a, kb, ka)
	}
	batch, ok := infer.BroadcastPair(a[:len(a)-2], b[:len(b)-2])
	if !ok {
		return nil, core.Violation("C3", 1, "got shape %v, whose batch does not broadcast with that of %v", b, a)
	}
	return infer.CheckedShape(append(batch, m, n))
}

// lastTwo returns the numbers of rows and columns of the matrices as they are multiplied.
func lastTwo(s core.Shape, transposed bool) (rows, columns int) {
	rows, columns = s[len(s)-2], s[len(s)-1]
	if transposed {
		return columns, rows
	}
	return rows, columns
}

// Eval multiplies each pair.
func (op *BatchDot) Eval(in, out []*core.Tensor) error {
	s, err := op.shape(in[0].Shape(), in[1].Shape())
	if err != nil {
		return err
	}
	if err := elements.Ensure(out, 0, sumType(in[0].Type()), s); err != nil {
		return err
	}
	batch := s[:len(s)-2]
	a, err := matrices(in[0], batch, op.TransposeA)
	if err != nil {
		return err
	}
	b, err := matrices(in[1], batch, op.TransposeB)
	if err != nil {
		return err
	}
	m, n := s[len(s)-2], s[len(s)-1]
	dots(out[0], a, b, batch.MustElements(), m, a.Shape()[len(a.Shape())-1], n)
	return nil
}

// BatchInputs says which inputs have the batch axis (axis 0) and are not broadcast along it.
func (op *BatchDot) BatchInputs(in []core.Fact, out core.Shape) []bool {
	if len(out) < 3 {
		return nil
	}
	batched := make([]bool, len(in))
	for i, f := range in {
		batched[i] = len(f.Shape) == len(out) && f.Shape[0] == out[0]
	}
	return batched
}

// Operations counts, for each output element, the products that are summed.
func (op *BatchDot) Operations(in, out []core.Fact) int64 {
	_, k := lastTwo(in[0].Shape, op.TransposeA)
	return 2 * int64(out[0].Shape.MustElements()) * int64(k)
}

// IntegerForm is an IntegerDot, if the factors are a single matrix.
func (op *BatchDot) IntegerForm(rank int) (trait.IntegerForm, bool) {
	form := trait.IntegerForm{Op: &IntegerDot{ReductionAxes: 1}, Channels: 1, Transposed: op.TransposeB}
	return form, rank == 2 && !op.TransposeA
}

// matrices returns t with its batch broadcast and its matrices transposed if asked for.
func matrices(t *core.Tensor, batch core.Shape, transposed bool) (*core.Tensor, error) {
	s := t.Shape()
	rows, columns := lastTwo(s, transposed)
	to := append(batch.Clone(), rows, columns)
	out, err := core.NewTensor(t.Type(), to)
	if err != nil {
		return nil, err
	}
	stored := append(batch.Clone(), s[len(s)-2:]...)
	strides := elements.BroadcastStrides(s, stored)
	if r := len(to); transposed {
		strides[r-2], strides[r-1] = strides[r-1], strides[r-2]
	}
	elements.Move(elements.Whole(out), elements.Region{Tensor: t, Strides: strides}, to)
	return out, nil
}
