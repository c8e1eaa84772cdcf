package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
	"github.com/tf2ng/tf2ng/core/internal/infer"
)

var _ = core.Register[MatrixDiagPart]("MatrixDiagPart")

// MatrixDiagPart takes diagonals of matrices, from the highest to the lowest.
//
//	y[..., k[1]-d, :] = x[..., i, i+d] for k[0] <= d <= k[1]
//	    and padding beside diagonals that are shorter than the longest
//
//	Inputs:  x: any type but string, [..., rows, columns]
//	         k: i32, []; or [2]: the lowest and the highest diagonal
//	         padding: the type of x, []
//	Outputs: y: the type of x, [..., longest], or [..., diagonals, longest] if k names several
//
//	C1: k is i32 of shape [], [1] or [2], in ascending order
//	C2: x is not string, of rank 2 or more, and has the diagonals of k
//	C3: padding has the type of x, and the shape []
//
// It is TensorFlow's MatrixDiagPart, V2 and V3.
type MatrixDiagPart struct {
	Diagonals
}

// InputNames names the inputs.
func (op *MatrixDiagPart) InputNames() []string { return []string{"x", "k", "padding"} }

// Infer checks C1 to C3.
func (op *MatrixDiagPart) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	b, known, err := bandOf(in, 1)
	if err != nil {
		return nil, err
	}
	if err := wantMatrices(in); err != nil {
		return nil, err
	}
	if err := wantPadding("C3", in, 2); err != nil {
		return nil, err
	}
	s := in[0].Shape
	if !known || !s.Ranked() {
		return []core.Fact{{Type: in[0].Type}}, nil
	}
	rows, columns := s[len(s)-2], s[len(s)-1]
	if err := b.within(1, rows, columns); err != nil {
		return nil, err
	}
	s, err = infer.CheckedShape(b.shape(s[:len(s)-2], b.longest(rows, columns)))
	return []core.Fact{{Type: in[0].Type, Shape: s}}, err
}

// wantMatrices checks C2 of input 0.
func wantMatrices(in []core.Operand) error {
	if x := in[0]; x.Type == core.String || x.Shape.Ranked() && len(x.Shape) < 2 {
		return core.Violation("C2", 0, "got %v, want rank 2 or more, not string", x.Fact)
	}
	return nil
}

// Eval copies diagonal by diagonal.
func (op *MatrixDiagPart) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	b, _, err := bandOf(core.OperandsOf(in), 1)
	if err != nil {
		return err
	}
	s, to := in[0].Shape(), out[0].Shape()
	elements.Move(elements.Whole(out[0]), elements.Region{Tensor: in[2], Strides: make([]int, len(to))}, to)
	b.each(op.Diagonals, s[:len(s)-2].MustElements(), s[len(s)-2], s[len(s)-1], func(first, step, row, length int) {
		elements.Move(elements.Region{Tensor: out[0], At: row, Strides: []int{1}},
			elements.Region{Tensor: in[0], At: first, Strides: []int{step}}, core.Shape{length})
	})
	return nil
}
