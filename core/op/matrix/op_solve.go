package matrix

import (
	"github.com/tf2ng/tf2ng/core"
	"github.com/tf2ng/tf2ng/core/internal/elements"
)

var _ = core.Register[Solve]("MatrixSolve")

// Solve solves a y = b by Gauss' elimination with partial pivoting: of a column's largest elements the first one.
//
//	Inputs:  a: f16, f32 or f64, [..., n, n]
//	         b: the type of a, [..., n, k]
//	Outputs: y: the type of a, [..., n, k]
//
//	C1: a is of f16, f32 or f64, and square
//	C2: b has the type of a, its batch axes and n rows
//	C3: no pivot is 0 or NaN
//
// With Adjoint a is given transposed. It is TensorFlow's MatrixSolve.
type Solve struct {
	matrices
	Adjoint bool `json:"adjoint,omitempty"`
}

// InputNames names the inputs.
func (op *Solve) InputNames() []string { return []string{"a", "b"} }

// Infer checks C1 and C2.
func (op *Solve) Infer(in []core.Operand) ([]core.Fact, error) { return inferSolve(in, false) }

// inferSolve checks C1 and C2 of ops that solve equations. With broadcast, batch axes follow NumPy's rules.
func inferSolve(in []core.Operand, broadcast bool) ([]core.Fact, error) {
	if err := core.WantInputs(in, 2); err != nil {
		return nil, err
	}
	batch, n, err := splitSquare("C1", in, 0)
	if err != nil {
		return nil, err
	}
	more, rows, columns, err := split("C2", in, 1)
	if err != nil {
		return nil, err
	}
	if n != rows && n != core.Unknown && rows != core.Unknown {
		return nil, core.Violation("C2", 1, "got shape %v, want %d rows", in[1].Shape, n)
	}
	both, ok := joinBatches(batch, more, broadcast)
	if !ok {
		return nil, core.Violation("C2", 1, "got shape %v beside %v, want batch axes that fit", in[1].Shape, in[0].Shape)
	}
	return checked(join(in, both, max(n, rows), columns))
}

// Eval solves one after the other.
func (op *Solve) Eval(in, out []*core.Tensor) error {
	if err := elements.Allocate(op, in, out); err != nil {
		return err
	}
	s := out[0].Shape()
	n, columns := s[len(s)-2], s[len(s)-1]
	a, b, y, order := make([]float64, n*n), make([]float64, n*columns), make([]float64, n*columns), make([]int, n)
	return each(in[0], n*n, out[0], func(k int) error {
		if !factored(a, in[0], k, op.Adjoint, order) {
			return core.Violation("C3", 0, "got matrix %d, which is not invertible", k)
		}
		load(b, in[1], k)
		for i, from := range order {
			copy(y[i*columns:(i+1)*columns], b[from*columns:])
		}
		solveLower(a, y, n, columns, true)
		solveUpper(a, y, n, columns)
		store(out[0], k, y)
		return nil
	})
}
