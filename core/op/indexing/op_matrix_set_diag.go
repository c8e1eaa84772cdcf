package indexing

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[MatrixSetDiag]("MatrixSetDiag")

// MatrixSetDiag replaces diagonals of matrices.
//
//	y[..., i, i+d] = the elements of diagonal d, for k[0] <= d <= k[1], from the highest to the lowest
//	    and else x[..., i, i+d]
//
//	Inputs:  x: any type but string, [..., rows, columns]
//	         diagonal: the type of x, [..., longest], or [..., diagonals, longest] if k names several
//	         k: i32, []; or [2]: the lowest and the highest diagonal
//	Outputs: y: the type and shape of x
//
//	C1: k is i32 of shape [], [1] or [2], in ascending order
//	C2: x is not string, of rank 2 or more, and has the diagonals of k
//	C3: diagonal has the type of x, and the shape of these diagonals
//
// It is TensorFlow's MatrixSetDiag, V2 and V3.
type MatrixSetDiag struct {
	Diagonals
}

// InputNames names the inputs.
func (op *MatrixSetDiag) InputNames() []string { return []string{"x", "diagonal", "k"} }

// Infer checks C1 to C3.
func (op *MatrixSetDiag) Infer(in []core.Operand) ([]core.Fact, error) {
	if err := core.WantInputs(in, 3); err != nil {
		return nil, err
	}
	b, known, err := bandOf(in, 2)
	if err != nil {
		return nil, err
	}
	if err := wantMatrices(in); err != nil {
		return nil, err
	}
	if !in[1].Type.Compatible(in[0].Type) {
		return nil, core.Violation("C3", 1, "got type %v, want x's %v", in[1].Type, in[0].Type)
	}
	if s := in[0].Shape; known && s.Ranked() {
		rows, columns := s[len(s)-2], s[len(s)-1]
		if err := b.within(2, rows, columns); err != nil {
			return nil, err
		}
		if want := b.shape(s[:len(s)-2], b.longest(rows, columns)); !in[1].Shape.Compatible(want) {
			return nil, core.Violation("C3", 1, "got shape %v, want %v", in[1].Shape, want)
		}
	}
	return []core.Fact{in[0].Fact}, nil
}

// Eval copies the matrices and sets the diagonals.
func (op *MatrixSetDiag) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	b, _, err := bandOf(core.OperandsOf(in), 2)
	if err != nil {
		return err
	}
	s := in[0].Shape()
	elements.Copy(out[0], in[0])
	b.each(op.Diagonals, s[:len(s)-2].MustElements(), s[len(s)-2], s[len(s)-1], func(first, step, row, length int) {
		elements.Move(elements.Region{Tensor: out[0], At: first, Strides: []int{step}},
			elements.Region{Tensor: in[1], At: row, Strides: []int{1}}, core.Shape{length})
	})
	return nil
}
